"""Who is told what, when and where: one recipient of one notifier."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum

_WRITTEN = str.maketrans({"%": "%25", ":": "%3A", "|": "%7C"})
"""How a name writes what separates the parts of a key."""


class Edition(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` until ``end`` of the recipient's clock nothing is sent at once; ``end`` may be on the next day."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """``19:00-07:30``.

        Raises:
            ValueError: it is not written so, or start and end are the same.
        """
        found = re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)\s*", text)
        if not found:
            raise ValueError("two times of day, such as 19:00-07:30")
        first, second = (time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
        if first == second:
            raise ValueError("two different times of day, such as 19:00-07:30")
        return cls(first, second)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets what by which notifier; ``address`` is what the notifier understands."""

    channel: str
    address: str
    name: str = ""
    """The name in the configuration; empty for one that follows from a notifier alone."""
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    hour: int = 7
    weekday: int = 0
    """Of the weekly edition: Monday is 0."""
    editions: frozenset[Edition] = frozenset(Edition)
    brands: frozenset[str] = frozenset()
    """Keys; empty means all."""
    segments: frozenset[str] = frozenset()
    """Of customers, in small letters; empty means all, strangers included."""
    owners: frozenset[str] = frozenset()
    """Of customers, in small letters: the members of the recipient's teams; empty means all, strangers included."""
    alerts: frozenset[str] = field(default_factory=frozenset)
    """Names of the rules whose alerts are wanted (``AlertRule``)."""
    escalations: bool = False
    """Whether alerts that nobody acknowledged go here as well."""
    quiet: QuietHours | None = None

    @property
    def key(self) -> str:
        """Under which the recipient's daily digests are kept; no name can make it the key of another."""
        return f"{self.channel}:{self.address}" + (f":{self.name.translate(_WRITTEN)}" if self.name else "")

    def edition_key(self, edition: Edition) -> str:
        """Under which the digests of an edition are kept."""
        return self.key if edition is Edition.DAILY else f"{self.key}|{edition}"

    def wants(self, brand: str | None, segment: str | None, owner: str | None) -> bool:
        """Whether a matter of that brand about somebody of that segment and owner concerns the recipient.

        A matter without a person (``segment`` and ``owner`` both ``None`` and a brand that fits) is of concern only to those
        who did not restrict themselves to people.
        """
        if self.brands and brand is not None and brand not in self.brands:
            return False
        if self.segments and (segment or "").casefold() not in self.segments:
            return False
        return not (self.owners and (owner or "").casefold() not in self.owners)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()
