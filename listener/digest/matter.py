"""What a section is, and what its rule finds: the matter for which a person is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

from listener.core.analysis import Label
from listener.core.cases import Action, Case
from listener.core.telling import PersonFacts
from listener.timewords import day_words


@dataclass(frozen=True, slots=True)
class Window:
    """What the digest covers, and the reader's calendar."""

    since: datetime
    until: datetime
    day: date
    tz: tzinfo

    def on(self, moment: datetime) -> date:
        return moment.astimezone(self.tz).date()

    def words(self, moment: datetime) -> str:
        """The day of a moment: ``20 Nov``."""
        return day_words(self.on(moment), self.day)


@dataclass(frozen=True, slots=True)
class Todo:
    """A line of what to do today: ``Call`` Ada Lovelace (Acme) ``by 24 Nov``: ``may leave us``."""

    verb: str
    end: str = ""
    """Right after the name, with what separates the two."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """Why a person is shown. A lower ``grade`` is more urgent; of equal grades, the greater ``weight`` comes first."""

    urgency: str
    grade: int
    status: str
    step: str
    case: Case | None
    action: Action | None
    """What the reader would decide next (``listener cases decide ID ACTION``); ``None``: only look."""
    weight: float = 0.0
    quotes: tuple[Label, ...] = ()
    """Which labels tell most about it, and are quoted first."""
    todo: Todo | None = None
    """What the day's list asks for; ``None``: nothing."""


class Tone(StrEnum):
    """What a section asks of the reader; each has its colour."""

    URGENT = "urgent"
    CHANCE = "chance"
    HEARD = "heard"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    one: str
    """How one person is counted in the headline; ``many`` for several."""
    many: str
    short: tuple[str, str]
    """How one and several are counted where the subject has no room for more."""
    tone: Tone
    find: Callable[[PersonFacts, Window], Matter | None]
    cards: bool = False
    """A decision is due: whoever is in the day's list has a card, not a row."""
    rests: bool = False
    """What the standing rests on is told: it is what the decision is about."""
