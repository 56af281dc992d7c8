"""Messages and cards for tests of notifiers, the friendly ones and the hostile ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from listener.core.messages import Card, CardItem, Message, MessageKind
from listener.net.settings import DoorSettings

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
QUICK = DoorSettings(connect_timeout=0.5, read_timeout=0.4, total_timeout=1.0)
"""For those who hang."""

CARD = Card(
    title="1 to call, 1 new candidate",
    lead="Quillon, 2026-11-22. 4 mentions of us: 2 positive, 2 negative.",
    items=(
        CardItem(
            title="Maren Oldhavn · overdue since 20 Nov",
            facts=(("Who", "Head of Print, Brackwater (enterprise)"), ("Standing", "detractor, probability 0.81")),
            quotes=("“Third week in a row that Quillon swallowed our export.” — negative, 21 Nov, forum",),
            step="Ask Tomas Feld to call today.",
            command="listener cases decide 12 contacted",
            url="https://forum.presswork.example/t/101",
        ),
        CardItem(title="Yara Lindqvist-Osei · new", facts=(("Known by", "same e-mail as in the CRM"),), step="Confirm."),
    ),
    foot="All sources were heard without gaps.",
    tone="urgent",
)

HOSTILE = (
    "<!channel> <@U123> <https://evil.example|good> @everyone @here <@&1> [click](https://evil.example) **b** _i_ `c` ~s~ "
    "{{DATE(2026-01-01,SHORT)}} <b>&amp; \u202egnp.exe \x1b[31m \x00 \ud800 || - # 1. > :tada:"
)
"""Mentions, links, mark-up and invisible characters of every chat."""


def message(number: int = 1, **changes: Any) -> Message:
    made = Message(
        dedup_key=f"alert:key:of:the:message:{number}",
        channel="chat",
        recipient="digest",
        subject=f"Subject {number}",
        text=f"Text of the message {number}\nin two lines.",
        created_at=NOW,
        kind=MessageKind.ALERT,
        card=replace(CARD, title=f"Subject {number}"),
    )
    return replace(made, **changes)


def hostile_card() -> Card:
    item = CardItem(HOSTILE, ((HOSTILE, HOSTILE), ("Why", HOSTILE)), (HOSTILE,), HOSTILE, HOSTILE, "javascript:alert(1)")
    return Card(HOSTILE, HOSTILE, (item,), HOSTILE, "no such tone")


def big_card(items: int = 60, length: int = 3_000) -> Card:
    """More of everything than any chat takes."""
    text = "Ünïcode wörds 🖨 " * (length // 16)
    facts = tuple((f"Fact {number}", text) for number in range(12))
    item = CardItem(text, facts, (text,) * 4, text, text, "https://forum.example/" + "x" * 400)
    return Card(text, text, (item,) * items, text, "urgent")
