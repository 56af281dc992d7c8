"""The thresholds of judging, as data: what a deployment may tune, with the defaults and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Prior = tuple[float, float, float]
"""Shares of promoters, passives and detractors among people of whom nothing is known; they sum to 1."""


@dataclass(frozen=True, slots=True)
class JudgingPolicy:
    """When a person is called what, and when people are asked to act.

    The defaults of the first block are those under which the simulation of ``benchmarks/standing_simulation.py`` holds its
    bars (promoter precision, calibration).

    Raises:
        ValueError: a figure is out of its range; the message names the field and the range.
    """

    half_life_days: float = 120.0
    """After so many days what somebody said weighs half."""
    promoter_p: float = 0.7
    """A promoter from this probability on, given ``min_n`` or an explicit recommendation."""
    detractor_p: float = 0.6
    """A detractor from this probability on: lower than for a promoter, since missing one costs more."""
    passive_p: float = 0.6
    """A passive from this probability on."""
    leave_p: float = 0.55
    """A label once given is kept until its probability falls below this, so that it does not flap."""
    min_n: float = 2.0
    """A promoter without an explicit recommendation needs so many mentions (sum of decayed weights)."""
    daily_cap: int = 3
    """Of what a person says on one UTC day, no more than so many mentions count: those that say most."""
    unsure_weight: float = 0.5
    """A mention of which the engine itself is unsure weighs so much."""
    prior: Prior = (0.25, 0.5, 0.25)
    priors: Mapping[str, Prior] = field(default_factory=dict)
    """Another prior for the people of a platform; who speaks at all differs by platform."""

    follow_up_days: int = 2
    """A follow-up is due after so many business days (Monday to Friday)."""
    candidate_active_days: int = 180
    """An advocate candidate has spoken about us in so many days."""
    candidate_rest_days: int = 90
    """A candidate that people closed comes back after so many days at the earliest, and only with new praise."""

    def __post_init__(self) -> None:
        for name in ("promoter_p", "detractor_p", "passive_p", "leave_p"):
            _require(0.5 <= getattr(self, name) < 1, f"{name} must be at least 0.5 and below 1")
        lowest = min(self.promoter_p, self.detractor_p, self.passive_p)
        _require(self.leave_p <= lowest, "leave_p must not be above promoter_p, detractor_p or passive_p")
        _require(self.half_life_days > 0, "half_life_days must be above 0")
        _require(0 <= self.unsure_weight <= 1, "unsure_weight must be from 0 to 1")
        _require(self.min_n > 1, "min_n must be above 1: one plain praise makes no promoter")
        for name in ("daily_cap", "follow_up_days", "candidate_active_days", "candidate_rest_days"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1")
        for platform, prior in {"the default": self.prior, **self.priors}.items():
            shares = len(prior) == 3 and min(prior) > 0 and abs(sum(prior) - 1) < 1e-6
            _require(shares, f"the prior of {platform} must be three shares above 0 that sum to 1")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
