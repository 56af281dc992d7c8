"""The digest as data: what is shown, already chosen, ranked and worded, and its JSON form.

All text of strangers in it has been through ``one_line``. Every moment is in the reader's zone. Nothing but an item of
``people``, of ``proposals``, and of the ``posts`` of ``hidden``, holds personal data, so that erasing a person is removing these;
the subject and the list of what to do today are computed from what is left. A recurring phrase is of several authors: no name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from listener.core.analysis import Label
from listener.digest.parts import (
    Counts,
    CoverageLine,
    HeardLine,
    Hidden,
    ProposalLine,
    QuoteLine,
    TopicLine,
    WaitingLine,
    coverage_line,
    heard_line,
    hidden_lines,
    plain_json,
    quote_line,
    waiting_line,
)

VERSION = 2
"""2: a list of what to do today, rows beside cards, proposals, bursts and what waits."""
_READ = frozenset({1, VERSION})
CALL, HANDS_OFF = "call", "hands_off"
"""The section of people to call; and as what those of it are counted whom nobody may call or write."""
REACH = 1_000
"""Followers from which on it is told how many there are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person and the most urgent matter about them."""

    person_id: int
    section: str
    urgency: str
    """The section's own grade of the matter: ``overdue``, ``new``, …"""
    status: str
    """The grade in words, short: ``overdue since 2026-11-20``."""
    brand: str
    name: str
    job_title: str | None
    company: str | None
    segment: str | None
    owner: str | None
    contact_id: str | None
    do_not_contact: bool
    reach: int | None
    standing: str
    why: str
    """What the standing rests on, one line; may be empty."""
    evidence: str
    """How we know who this is, one line."""
    step: str
    """What to do next, one sentence."""
    command: str
    """The command that records it."""
    quotes: tuple[QuoteLine, ...] = ()
    also: tuple[str, ...] = ()
    """Further matters about the same person, a line each."""
    todo: str = ""
    """What the day's list asks for, before the person's name: ``Call``; empty where they are not on it."""
    todo_end: str = ""
    """The same, right after the name: `` as an advocate``."""
    todo_why: str = ""
    brief: bool = False
    """A row of two lines, not a card."""

    @property
    def role(self) -> str:
        """What a card adds to the name: who is on the day's list stands there with their company."""
        if not self.todo:
            return self.about
        return f"{self.job_title} ({self.segment})" if self.job_title and self.segment else self.job_title or self.segment or ""

    @property
    def place(self) -> str:
        """What a row adds to the name: the company, else the job; of whom the day's list says it, nothing."""
        return "" if self.todo and self.company else self.company or self.job_title or ""

    @property
    def state(self) -> str:
        """What a row says of the matter itself; nothing where the day's list, or the verdict on the quote, says it."""
        said = self.todo or self.status == "new" or any(quote.verdict.startswith(self.status) for quote in self.quotes)
        return "" if said else self.status

    @property
    def known(self) -> str:
        """What a row tells of standing, of the strongest evidence of a match, and of a reach that counts."""
        match = "" if self.contact_id is None and self.section == "answer" else self.evidence.partition(", ")[0]
        reach = f"{self.reach:,} followers" if self.reach is not None and self.reach >= REACH else ""
        return " · ".join(part for part in (f"{self.standing[:1].upper()}{self.standing[1:]}", match, reach) if part)

    @property
    def about(self) -> str:
        """Job title, company and segment in one line; may be empty."""
        place = ", ".join(part for part in (self.job_title, self.company) if part)
        return f"{place} ({self.segment})" if place and self.segment else place or self.segment or ""


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of one day. ``brand`` is ``all``, or the keys of the reader's brands, joined by ``+``; ``title`` names them."""

    day: date
    zone: str
    since: datetime
    until: datetime
    brand: str
    title: str
    counts: Counts
    people: tuple[Entry, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    """People who are not shown because of the limit, as ``counted_as``."""
    coverage: tuple[CoverageLine, ...] = ()
    coverage_heard: HeardLine | None = None
    """Sources without a line of their own because they were heard and there is nothing more to say."""
    coverage_more: int = 0
    """Further sources, all without gaps unless ``coverage_more_gaps`` says otherwise."""
    coverage_more_gaps: int = 0

    topics: tuple[TopicLine, ...] = ()
    themes: tuple[TopicLine, ...] = ()
    hidden: Hidden | None = None
    """``None`` where nothing was hidden."""
    more_overdue: int = 0
    """Of ``more``, the people whose call is overdue."""
    proposals: tuple[ProposalLine, ...] = ()
    proposals_more: int = 0
    """Further ones by authors who spoke in the window."""
    spikes: tuple[str, ...] = ()
    """Bursts of mentions, a sentence each."""
    waiting: tuple[WaitingLine, ...] = ()
    restricted: bool = False
    """Whether people are told of, and counted, of the reader's segments or teams only."""

    @property
    def totals(self) -> Mapping[str, int]:
        """How many people are in each section, shown or not; of those to call apart whom nobody may (``HANDS_OFF``)."""
        return Counter(counted_as(entry.section, entry.do_not_contact) for entry in self.people) + Counter(self.more)

    @property
    def overdue(self) -> int:
        """How many people should have been called before today, of those whom somebody may call."""
        late = [entry for entry in self.people if entry.section == CALL and entry.urgency == "overdue"]
        return sum(not entry.do_not_contact for entry in late) + self.more_overdue

    @property
    def today(self) -> tuple[Entry, ...]:
        """Whom the reader has something to do about, the most pressing first."""
        return tuple(entry for entry in self.people if entry.todo)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody has to be told about."""
        return not (self.people or self.more or self.proposals or self.spikes)

    def to_json(self) -> str:
        """One JSON object; equal digests give equal bytes."""
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=False, separators=(",", ":"), default=plain_json)

    @classmethod
    def from_json(cls, data: str) -> Digest:
        """The digest that ``to_json`` wrote, now or in an older version, less the people that erasure removed.

        Raises:
            ValueError: it is not a digest, or one of a later version of the program.
        """
        raw = json.loads(data)
        if not isinstance(raw, dict) or raw.pop("version", None) not in _READ:
            raise ValueError(f"the stored digest is of no version from 1 to {VERSION}")
        try:
            return _digest(raw)
        except (KeyError, TypeError) as problem:
            raise ValueError("the stored digest lacks something, or has something unknown") from problem


def counted_as(section: str, do_not_contact: bool) -> str:
    """As what a person of the section is counted: as who may be called, or as who may not."""
    return HANDS_OFF if section == CALL and do_not_contact else section


@dataclass(frozen=True, slots=True)
class Rendered:
    """One digest, ready to be sent: both parts say the same."""

    subject: str
    text: str
    html: str


def _digest(raw: dict[str, Any]) -> Digest:
    return Digest(
        **raw
        | {
            "day": date.fromisoformat(raw["day"]),
            "since": datetime.fromisoformat(raw["since"]),
            "until": datetime.fromisoformat(raw["until"]),
            "counts": Counts(**raw["counts"] | {"labels": {Label(key): n for key, n in raw["counts"]["labels"].items()}}),
            "people": tuple(_entry(item) for item in raw["people"]),
            "coverage": tuple(coverage_line(item) for item in raw["coverage"]),
            "coverage_heard": heard_line(raw.get("coverage_heard")),
            # What an older version stored has none of these.
            "topics": tuple(TopicLine(**item) for item in raw.get("topics", ())),
            "themes": tuple(TopicLine(**item) for item in raw.get("themes", ())),
            "hidden": hidden_lines(raw.get("hidden")),
            "proposals": tuple(ProposalLine(**item) for item in raw.get("proposals", ())),
            "spikes": tuple(raw.get("spikes", ())),
            "waiting": tuple(waiting_line(item) for item in raw.get("waiting", ())),
        }
    )


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(**raw | {"quotes": tuple(quote_line(item) for item in raw["quotes"]), "also": tuple(raw["also"])})
