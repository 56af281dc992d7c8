"""What is told at once."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from config.base import Section
from config.fields import Hours, Interval, Text
from config.recipients import RuleName
from listener.core.alerting import PER_SUBJECT, AlertPolicy, AlertRule

_DEFAULT = AlertPolicy()
_LIMITED = (AlertRule.PROMOTER, AlertRule.DETRACTOR, AlertRule.TURNED, AlertRule.SPREADING)


class AlertSettings(Section):
    """When people are told at once, and how often."""

    rules: tuple[RuleName, ...] = Field(
        ("promoter", "detractor", "turned", "spreading", "spike", "source"),
        description="The rules that are switched on: promoter, detractor, turned, spreading, spike, source.",
    )
    reach: int = Field(
        _DEFAULT.reach, ge=0, description="A detractor with so many followers is told of at once, whatever the account."
    )
    key_segments: tuple[Text, ...] = Field(
        (), description="The segments of key accounts, whose detractors are told of at once; by default every customer's are."
    )
    spreading_authors: int = Field(
        _DEFAULT.spreading_authors, ge=2, description="So many authors who tell one critique make it a spreading one."
    )
    spreading_hours: int = Field(_DEFAULT.spreading_hours, ge=1, le=336, description="Within so many hours.")
    per_subject: Interval = Field(
        PER_SUBJECT, description="One alert of a rule about the same person or story in so long, and no more."
    )
    escalate_after: Interval = Field(
        timedelta(hours=24), description="What nobody acknowledged in so long goes to the recipients with escalations = true."
    )
    quiet_hours: Hours | None = Field(
        None, description='No alerts in these hours, such as "19:00-07:30"; recipients may have hours of their own.'
    )

    def policy(self) -> AlertPolicy:
        return AlertPolicy(
            rules=frozenset(AlertRule(rule) for rule in self.rules),
            reach=self.reach,
            segments=frozenset(segment.casefold() for segment in self.key_segments),
            spreading_authors=self.spreading_authors,
            spreading_hours=self.spreading_hours,
            per_subject=dict.fromkeys(_LIMITED, self.per_subject),
            escalate_after=self.escalate_after,
        )
