"""The thresholds of judging as settings; their defaults are the core's."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.base import Section
from config.fields import refuse
from listener.core.policy import JudgingPolicy

_DEFAULT = JudgingPolicy()
Probability = Annotated[float, Field(ge=0.5, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


class PolicySettings(Section):
    """When a person is called what, and when people are asked to act."""

    half_life_days: float = Field(
        _DEFAULT.half_life_days, gt=0, le=36_500, description="After so many days what somebody said weighs half."
    )
    promoter_p: Probability = Field(_DEFAULT.promoter_p, description="A promoter from this probability on.")
    detractor_p: Probability = Field(_DEFAULT.detractor_p, description="A detractor from this probability on.")
    passive_p: Probability = Field(_DEFAULT.passive_p, description="A passive from this probability on.")
    leave_p: Probability = Field(
        _DEFAULT.leave_p, description="A label once given is kept until its probability falls below this."
    )
    min_n: float = Field(
        _DEFAULT.min_n,
        gt=1,
        le=1000,
        description="A promoter without an explicit recommendation needs so many mentions, older ones counting less.",
    )
    daily_cap: int = Field(
        _DEFAULT.daily_cap, ge=1, description="All that a person says on one day weighs at most as much as so many mentions."
    )
    unsure_weight: float = Field(
        _DEFAULT.unsure_weight, ge=0, le=1, description="A mention of which the sentiment engine is unsure weighs so much."
    )
    prior: tuple[Share, Share, Share] = Field(
        _DEFAULT.prior, description="Shares of promoters, passives and detractors among people of whom nothing is known."
    )
    priors: dict[str, tuple[Share, Share, Share]] = Field(
        default_factory=dict, description="Another prior for the people of a platform: { reviews = [0.3, 0.4, 0.3] }."
    )
    follow_up_days: int = Field(
        _DEFAULT.follow_up_days, ge=1, le=365, description="A follow-up is due after so many business days."
    )
    candidate_active_days: int = Field(
        _DEFAULT.candidate_active_days, ge=1, le=3650, description="An advocate candidate has spoken about you in so many days."
    )
    candidate_rest_days: int = Field(
        _DEFAULT.candidate_rest_days,
        ge=1,
        le=3650,
        description="A candidate that was closed comes back after so many days at the earliest.",
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        try:
            self.judging()
        except ValueError as problem:  # what no single value shows: leave_p above the others, shares that do not sum to 1
            raise refuse(str(problem)) from None
        return self

    def judging(self) -> JudgingPolicy:
        return JudgingPolicy(**dict(self))
