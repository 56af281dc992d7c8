"""Who is told what, and when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.base import Section
from config.fields import Hours, Label, Text, TimeZone

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Weekday = Annotated[
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], BeforeValidator(_lower)
]
RuleName = Literal["promoter", "detractor", "turned", "spreading", "spike", "source"]
EditionName = Literal["daily", "weekly"]


class RecipientSettings(Section):
    """Somebody, or some channel, who is told by a notifier."""

    name: Label = Field(description="Your name for them.")
    enabled: bool = Field(True, description="false keeps the settings and tells them nothing.")
    notifier: Label = Field(description="The notifier that tells them, by its name.")
    to: tuple[Text, ...] = Field((), description="Their addresses, needed for e-mail; or the channels of a Slack bot.")
    digest: tuple[EditionName, ...] = Field(("daily", "weekly"), description="Which editions of the digest: daily, weekly.")
    hour: int | None = Field(None, ge=0, le=23, description="The hour of their digest; by default that of [digest].")
    weekday: Weekday | None = Field(None, description="The day of their weekly edition; by default that of [digest].")
    timezone: TimeZone | None = Field(None, description="Their time zone; by default that of [digest].")
    brands: tuple[Text, ...] = Field((), description="Only these brands, by name; by default all.")
    segments: tuple[Text, ...] = Field((), description="Only customers of these segments; by default all, and strangers.")
    teams: tuple[Text, ...] = Field(
        (), description="Only customers owned by members of these [teams]; by default all, and strangers."
    )
    alerts: tuple[RuleName, ...] = Field(
        ("promoter", "detractor", "turned", "spreading", "spike", "source"),
        description="Which alerts: promoter, detractor, turned, spreading, spike, source; [] for none.",
    )
    escalations: bool = Field(False, description="true sends them alerts that nobody acknowledged, too.")
    quiet_hours: Hours | None = Field(
        None, description='No alerts in these hours of their clock, such as "19:00-07:30": they are sent at the end of them.'
    )
