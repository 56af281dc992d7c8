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
from listener.core.cases import CaseKind
from listener.core.telling import Health

VERSION = 2
"""2: a list of what to do today, rows beside cards, proposals, bursts and what waits."""
_READ = frozenset({1, VERSION})
CALL, HANDS_OFF = "call", "hands_off"
"""The section of people to call; and as what those of it are counted whom nobody may call or write."""
REACH = 1_000
"""Followers from which on it is told how many there are."""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One mention as it is shown. ``text`` is empty where the source's terms do not allow quoting."""

    mention_id: int
    text: str
    alias: str
    """The spelling of the target to mark in ``text``; may be empty."""
    label: Label
    verdict: str
    """The label in words: ``negative``, ``positive, unsure``, ``not scored: German``."""
    said_at: datetime
    where: str
    url: str | None = None


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
class CoverageLine:
    """How well one source was heard, in words."""

    source: str
    kind: str
    health: Health
    heard_until: datetime | None
    remark: str
    """What is missing and why; empty where nothing is."""
    lost: str = ""
    """What was lost for good, and why."""
    notice: str = ""
    """What a person should know or do."""
    spent: str = ""
    """What it used of its allowances, where these are counted."""

    @property
    def is_whole(self) -> bool:
        """Whether it was heard without any gap."""
        return self.health is Health.OK and not self.lost


@dataclass(frozen=True, slots=True)
class HeardLine:
    """The sources of which there is nothing to say but that they were heard: they share one line."""

    sources: tuple[str, ...]
    more: int
    """Further ones, not named."""
    heard_until: datetime | None
    """All of them were heard until then."""

    @property
    def number(self) -> int:
        return len(self.sources) + self.more


@dataclass(frozen=True, slots=True)
class TopicLine:
    """What was said of a topic, in numbers; ``name`` is a configured topic, or a phrase that recurs."""

    name: str
    mentions: int
    positive: int
    negative: int
    authors: int = 0
    """Of a recurring phrase."""
    unsure: int = 0
    """Of the mentions, a copied one counted once."""


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """A post that was hidden as not relevant, on one line; ``text`` is empty where its terms do not allow quoting."""

    mention_id: int
    why: str
    text: str
    said_at: datetime
    where: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was hidden: how many posts for which reason (in words, the most frequent first), and a sample of them."""

    number: int
    reasons: tuple[str, ...]
    posts: tuple[HiddenLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """An author who may be a customer: for the reader to confirm or to refuse."""

    author_id: int
    person_id: int
    customer_id: int
    mention_id: int
    author: str
    """Name and platform."""
    customer: str
    """Name and company; of who is called as the author is, the company."""
    sure: str
    """How likely, in percent."""
    evidence: str
    """What it rests on, in words."""
    link: str
    """The command that confirms it."""
    refuse: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Cases of one kind that were told before and still wait."""

    kind: CaseKind
    number: int
    since: date
    """When the oldest was opened."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was heard in the window: ``mentions`` about us, and the ``stories`` they tell; ``unmatched`` counts authors.

    ``labels`` count the stories that somebody told in their own words, by sure verdicts; ``unsure`` are the rest of them.
    """

    mentions: int = 0
    customers: int = 0
    unmatched: int = 0
    own_side: int = 0
    unscored: int = 0
    labels: Mapping[Label, int] = field(default_factory=dict)
    unsure: int = 0
    stories: int = 0
    """0 in what an older version stored."""


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
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=False, separators=(",", ":"), default=_plain)

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


def _plain(value: object) -> str:
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _digest(raw: dict[str, Any]) -> Digest:
    return Digest(
        **raw
        | {
            "day": date.fromisoformat(raw["day"]),
            "since": datetime.fromisoformat(raw["since"]),
            "until": datetime.fromisoformat(raw["until"]),
            "counts": Counts(**raw["counts"] | {"labels": {Label(key): n for key, n in raw["counts"]["labels"].items()}}),
            "people": tuple(_entry(item) for item in raw["people"]),
            "coverage": tuple(_coverage(item) for item in raw["coverage"]),
            "coverage_heard": _heard(raw.get("coverage_heard")),
            # What an older version stored has none of these.
            "topics": tuple(TopicLine(**item) for item in raw.get("topics", ())),
            "themes": tuple(TopicLine(**item) for item in raw.get("themes", ())),
            "hidden": _hidden(raw.get("hidden")),
            "proposals": tuple(ProposalLine(**item) for item in raw.get("proposals", ())),
            "spikes": tuple(raw.get("spikes", ())),
            "waiting": tuple(_waiting(item) for item in raw.get("waiting", ())),
        }
    )


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(**raw | {"quotes": tuple(_quote(item) for item in raw["quotes"]), "also": tuple(raw["also"])})


def _quote(raw: dict[str, Any]) -> QuoteLine:
    return QuoteLine(**raw | {"label": Label(raw["label"]), "said_at": datetime.fromisoformat(raw["said_at"])})


def _coverage(raw: dict[str, Any]) -> CoverageLine:
    until = raw["heard_until"]
    return CoverageLine(
        **raw | {"health": Health(raw["health"]), "heard_until": until and datetime.fromisoformat(until)},
    )


def _heard(raw: dict[str, Any] | None) -> HeardLine | None:
    """A digest that an older version stored has none."""
    if raw is None:
        return None
    until = raw["heard_until"]
    return HeardLine(tuple(raw["sources"]), int(raw["more"]), until and datetime.fromisoformat(until))


def _hidden(raw: dict[str, Any] | None) -> Hidden | None:
    if raw is None:
        return None
    posts = (HiddenLine(**item | {"said_at": datetime.fromisoformat(item["said_at"])}) for item in raw["posts"])
    return Hidden(int(raw["number"]), tuple(raw["reasons"]), tuple(posts))


def _waiting(raw: dict[str, Any]) -> WaitingLine:
    return WaitingLine(CaseKind(raw["kind"]), int(raw["number"]), date.fromisoformat(raw["since"]))
