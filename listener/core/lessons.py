"""What people taught the product by correcting it, as the understanding of texts needs it."""

from __future__ import annotations

from dataclasses import dataclass

from listener.core.analysis import Label


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """What a phrase means in our community: "sick" is good. ``NEUTRAL``: it says nothing.

    ``brand`` is the key of the brand whose mentions it is for, ``None`` for all.
    """

    phrase: str
    label: Label
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class NameExample:
    """A text with an ambiguous name of which a person said whether it means the target."""

    target: str
    text: str
    means_us: bool


@dataclass(frozen=True, slots=True)
class Lessons:
    """All of them; an analyzer that knows others is another analyzer."""

    phrases: tuple[PhraseRule, ...] = ()
    names: tuple[NameExample, ...] = ()


NO_LESSONS = Lessons()
