"""The weekly edition as a card: what changed, and the figures in as many lines as a chat shows at once."""

from __future__ import annotations

from listener.core.messages import Card, CardItem
from listener.digest.trends import SMALL, per_cent
from listener.digest.weekly_model import Weekly
from listener.render.weekly import felt_line, period, said_line, stop_words, usual_line

TOPICS = 4


def weekly_card(weekly: Weekly) -> Card:
    """The same news as the mail; of the tables the first lines."""
    items = [CardItem("What changed", quotes=(), facts=tuple((str(n), text) for n, text in enumerate(weekly.changed, 1)))]
    if weekly.voices:
        items.append(CardItem("Share of voice", facts=_voices(weekly)))
    if weekly.topics:
        lines = (
            (topic.name, ", ".join(part for part in (f"{topic.mentions:,}", usual_line(topic), felt_line(topic)) if part))
            for topic in weekly.topics[:TOPICS]
        )
        items.append(CardItem("What it was about", facts=tuple(lines)))
    items.append(CardItem("Customers", facts=_customers(weekly)))
    foot = " ".join((*weekly.notes, weekly.coverage))
    urgent = weekly.overdue or any(one.tone == "urgent" for one in weekly.turns)
    return Card(
        f"{weekly.headline} - {weekly.title}, {weekly.week}",
        f"{weekly.mentions} {period(weekly)}",
        tuple(items),
        foot,
        "urgent" if urgent else "heard",
    )


def _voices(weekly: Weekly) -> tuple[tuple[str, str], ...]:
    total = sum(voice.mentions for voice in weekly.voices)
    return tuple(
        (voice.name, f"{per_cent(voice.mentions, total)} ({voice.mentions:,})" if total >= SMALL else f"{voice.mentions:,}")
        for voice in weekly.voices
    )


def _customers(weekly: Weekly) -> tuple[tuple[str, str], ...]:
    facts = [("This week", " → ".join(f"{one.value:,} {one.label}" for one in weekly.funnel))]
    if weekly.turns:
        facts.append(("Turned", ", ".join(f"{one.value:,} {one.label}" for one in weekly.turns)))
    if weekly.follow_ups:
        facts.append(("Follow-ups", weekly.follow_ups))
    if weekly.people:
        facts.append(("Spoke most", "; ".join(f"{one.name}{stop_words(one)}: {said_line(one)}" for one in weekly.people)))
    return tuple(facts)
