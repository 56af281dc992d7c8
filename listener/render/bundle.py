"""Several messages in one: what waited while a channel could not be reached, each told as it would have been alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from listener.core.messages import Card, CardItem, Message, MessageKind
from listener.core.plain import one_line
from listener.digest.sections import Tone
from listener.render.cards import HANDS_OFF
from listener.render.lines import INTERNAL
from listener.render.look import LIMIT, environment
from listener.render.text import WIDTH, wrap

SHOWN = ((30, 300), (15, 300), (8, 300), (4, 300), (4, 60), (1, 20))
"""So many are told in full and named in all, or fewer where the mail would be cut off otherwise; further ones are counted."""
MOST = 300
"""So many are told in the text and on the card."""
_LEAD = "They could not be sent when they were made. Nothing was lost; each is told here once, the oldest first."
_LEAD_OF_ONE = "It could not be sent when it was made. Nothing was lost."
_URGENCY = [tone.value for tone in (Tone.URGENT, Tone.CHANCE, Tone.HEARD, Tone.CHANGED)]


def bundle(parts: Sequence[Message], now: datetime) -> Message:
    """One message of alerts to one recipient, which must be two at least; they are told oldest first.

    The same parts give the same ``dedup_key``. What only tells again of an alert that is told here is left out.
    """
    key = bundle_key(part.dedup_key for part in parts)
    parts = _told_once(parts, now)
    first, one = parts[0], len(parts) == 1
    subject = "1 alert waited while it could not be sent" if one else f"{len(parts)} alerts waited while they could not be sent"
    cards = [_card(part) for part in parts]
    tone = min((card.tone for card in cards), key=_urgency)
    html = ""
    for shown, named in SHOWN:
        html = _html(subject, parts, cards, shown, named, now)
        if len(html.encode("utf-8", "replace")) <= LIMIT:
            break
    return Message(
        dedup_key=key,
        channel=first.channel,
        recipient=first.recipient,
        subject=subject,
        text="\n".join(_lines(subject, parts)) + "\n",
        html=html,
        created_at=now,
        kind=MessageKind.BUNDLE,
        card=Card(title=subject, lead=_lead(parts), items=tuple(_items(cards[:MOST])), foot=_foot(cards), tone=tone),
    )


def bundle_key(dedup_keys: Iterator[str] | Sequence[str]) -> str:
    """Of the parts, in whatever order; it tells nobody theirs."""
    joined = "\n".join(sorted(dedup_keys)).encode("utf-8", "surrogatepass")
    return f"bundle:{hashlib.sha256(joined).hexdigest()[:24]}"


AGAIN = ("alert:again ", "alert:escalated:")
"""How the keys of messages begin that tell of an alert once more (``listener.alerts.plan``)."""


def _told_once(parts: Sequence[Message], now: datetime) -> list[Message]:
    """The parts by age, without those that tell once more of what another part tells."""
    told = {key for part in parts if not part.dedup_key.startswith(AGAIN) for key in part.alert_keys}
    kept = []
    for part in sorted(parts, key=lambda part: part.created_at or now):
        if part.dedup_key.startswith(AGAIN) and part.alert_keys:
            if told.issuperset(part.alert_keys):
                continue
            told.update(part.alert_keys)
        kept.append(part)
    return kept


def _lead(parts: Sequence[Message]) -> str:
    return _LEAD if len(parts) > 1 else _LEAD_OF_ONE


def _card(part: Message) -> Card:
    """The part's own card, each matter with its news as its title; made of subject and text where it has none."""
    if part.card is not None and part.card.items:
        return part.card
    lead = part.card.lead if part.card else part.text
    return Card(title=part.subject, items=(CardItem(title=one_line(part.subject, 200), step=one_line(lead, 600)),))


def _items(cards: Sequence[Card]) -> Iterator[CardItem]:
    """The matters of all, each with its news as its title: in a card there is nothing above it that would say it."""
    for card in cards:
        for item in card.items:
            named = len(card.items) > 1 or item.title == card.title
            yield item if named else replace(item, title=card.title, facts=(("", item.title), *item.facts))


def _internal(cards: Sequence[Card]) -> str:
    """Said once, if one of them says it."""
    return INTERNAL if any(INTERNAL in card.foot for card in cards) else ""


def _foot(cards: Sequence[Card]) -> str:
    left = _left(len(cards) - MOST)
    return f"{left} {_internal(cards)}".strip()


def _left(more: int) -> str:
    """Of those that are only counted."""
    return f"And {more:,} more: listener alerts open." if more > 0 else ""


def _urgency(tone: str) -> int:
    return _URGENCY.index(tone) if tone in _URGENCY else len(_URGENCY)


def _lines(subject: str, parts: Sequence[Message]) -> Iterator[str]:
    yield from wrap(f"{subject}.")
    yield "═" * WIDTH
    yield from wrap(_lead(parts))
    yield ""
    for number, part in enumerate(parts[:MOST], 1):
        yield from wrap(one_line(part.subject), f"{number:>3}. ", "     ")
    if left := _left(len(parts) - MOST):
        yield from ("", left)
    for number, part in enumerate(parts[:MOST], 1):
        yield from ("", "", f"ALERT {number} OF {len(parts)}", "─" * WIDTH, part.text.rstrip("\n"))


def _html(subject: str, parts: Sequence[Message], cards: Sequence[Card], shown: int, named: int, now: datetime) -> str:
    tones = [Tone(card.tone) if card.tone in _URGENCY else Tone.CHANGED for card in cards]
    feet = [card.foot.replace(INTERNAL, "").strip() for card in cards]
    return (
        environment()
        .get_template("bundle.html.j2")
        .render(
            subject=subject,
            preheader="; ".join(one_line(part.subject, 90) for part in parts[:3]),
            title="listener",
            day=now.date(),
            lead=_lead(parts),
            told=list(zip(parts, cards, tones, feet, strict=True))[:shown],
            hands_off=HANDS_OFF[0],
            internal=_internal(cards),
            more=[part.subject for part in parts[shown:named]],
            left=_left(len(parts) - named),
        )
    )
