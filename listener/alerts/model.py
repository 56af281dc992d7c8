"""An alert as data, already in words. All text of strangers in it has been through ``one_line``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from listener.core.alerting import AlertRule
from listener.digest.parts import QuoteLine, plain_json, quote_line

VERSION = 1


@dataclass(frozen=True, slots=True)
class AlertItem:
    """One matter of an alert: a person, a story, a burst, a source."""

    news: str
    """One line that says it all: ``print-forum has not been heard since 12 Nov 14:05 (3 failures in a row)``."""
    title: str
    """Whom or what it is about."""
    facts: tuple[tuple[str, str], ...]
    """Label and value, in order: why, with the numbers. What has nothing to say is not there."""
    step: str
    """What to do, one or two sentences."""
    command: str = ""
    about: str = ""
    """Job title, company and segment of a person; may be empty."""
    quotes: tuple[QuoteLine, ...] = ()
    do_not_contact: bool = False
    weight: float = 0.0
    """Of several in one message those of the greatest come first."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: the news of one subject, or of many at once. ``key`` is the same whenever it is told."""

    key: str
    rule: AlertRule
    news: str
    at: datetime
    """In the zone of the installation, which ``zone`` names; every moment in the words is of it."""
    zone: str
    good: bool
    """Good news, or a recovery; else something is wrong."""
    items: tuple[AlertItem, ...]
    seen: str = ""
    """The command that says that somebody has seen it; empty of what needs nobody. It is no part of the stored alert."""

    def to_json(self) -> str:
        """One JSON object; equal alerts give equal bytes."""
        return json.dumps(
            {"version": VERSION, **asdict(replace(self, seen=""))}, ensure_ascii=False, separators=(",", ":"), default=plain_json
        )

    @classmethod
    def from_json(cls, data: str) -> Alert:
        """The alert that ``to_json`` wrote.

        Raises:
            ValueError: it is none, or one of a later version of the program.
        """
        raw = json.loads(data)
        if not isinstance(raw, dict) or raw.pop("version", None) != VERSION:
            raise ValueError(f"the stored alert is not of version {VERSION}")
        try:
            changes = {
                "rule": AlertRule(raw["rule"]),
                "at": datetime.fromisoformat(raw["at"]),
                "items": tuple(_item(item) for item in raw["items"]),
            }
            return cls(**raw | changes)
        except (KeyError, TypeError) as problem:
            raise ValueError("the stored alert lacks something, or has something unknown") from problem


def _item(raw: dict[str, Any]) -> AlertItem:
    facts = tuple((label, value) for label, value in raw["facts"])
    return AlertItem(**raw | {"facts": facts, "quotes": tuple(quote_line(quote) for quote in raw["quotes"])})
