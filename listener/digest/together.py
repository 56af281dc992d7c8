"""Strangers who complain of one thing are one matter: to be answered once, and told as one line."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta

from listener.core.mention import normal_text
from listener.core.spikes import SpikeIncident
from listener.core.telling import PersonFacts


def cause(facts: PersonFacts, mention_ids: Iterable[int], spikes: Sequence[SpikeIncident]) -> Hashable:
    """What a person complains of: a burst within which they spoke, else the story that they tell, else their words.

    ``None`` where nothing of it can be shown.
    """
    named = frozenset(mention_ids)
    said = next((quote for quote in facts.quotes if quote.mention_id in named), None)
    if said is None:
        return None
    for number, spike in enumerate(spikes):
        first = min(spike.start, spike.detected_at - timedelta(hours=spike.hours))
        if spike.brand == facts.brand and first <= said.said_at < spike.last_excess_at:
            return "burst", facts.brand, _first_of(number, spikes)
    if said.story is not None:
        return "story", facts.brand, said.story
    return ("words", facts.brand, normal_text(said.text)) if said.text else None


def _first_of(number: int, spikes: Sequence[SpikeIncident]) -> int:
    """What several measures show of one burst is one."""
    here = spikes[number]
    same = (place for place, one in enumerate(spikes) if one.brand == here.brand and one.start <= here.last_excess_at)
    return next((place for place in same if here.start <= spikes[place].last_excess_at), number)


def same_words(others: int) -> str:
    """``38 more people complain of the same``; empty where nobody does."""
    return f"{others:,} more {'person complains' if others == 1 else 'people complain'} of the same" if others else ""
