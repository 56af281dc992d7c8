"""Several alerts in one message: each told once, escaped, and never longer than a mail program shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from listener.core.messages import Card, CardItem, Message, MessageKind
from listener.render.bundle import bundle, bundle_key
from listener.render.cards import HANDS_OFF
from listener.render.lines import INTERNAL
from listener.render.look import LIMIT

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
NASTY = '<script>x</script>"&\u202e'


def part(number: int, **more: object) -> Message:
    item = CardItem(
        f"Person {number}",
        (("", "Buyer"), ("Why", f"reason {number}")),
        (f"quote {number}",),
        "Call",
        "$ x",
        "https://a.example/",
    )
    card = Card(f"News {number}", "6:00", (item,), f"Seen: ack {number}. {INTERNAL}", "changed")
    made = Message(
        f"k{number}", "mail", "ines", f"News {number}", f"TEXT {number}\n", "<p>", NOW, kind=MessageKind.ALERT, card=card
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_every_part_is_told_with_all_that_its_own_message_says() -> None:
    made = bundle([part(n) for n in range(4)], NOW)
    assert made.subject == "4 alerts waited while they could not be sent"
    assert made.html is not None
    assert made.card is not None
    for number in range(4):
        for said in (f"News {number}", f"Person {number}", f"reason {number}", f"quote {number}", f"Seen: ack {number}."):
            assert made.html.partition("<h1")[2].count(said) == 1, said
        assert made.text.count(f"TEXT {number}\n") == 1
        assert f"News {number}" in made.text
    assert [item.title for item in made.card.items] == [f"News {number}" for number in range(4)]
    assert made.html.count(INTERNAL) == 1
    assert made.card.foot == INTERNAL


def test_it_looks_as_urgent_as_its_most_urgent_part() -> None:
    urgent = part(2, card=replace(part(2).card, tone="urgent"))  # type: ignore[type-var]  # it has one
    assert bundle([part(1), urgent], NOW).card.tone == "urgent"  # type: ignore[union-attr]
    strange = part(3, card=replace(part(3).card, tone="purple"))  # type: ignore[type-var]
    assert bundle([part(1), strange], NOW).card.tone == "changed"  # type: ignore[union-attr]


def test_who_may_not_be_contacted_is_told_so() -> None:
    card = Card("N", items=(CardItem("Person", (HANDS_OFF,)),))
    assert "Do not contact: the CRM forbids calls" in (bundle([part(1), part(2, card=card)], NOW).html or "")


def test_a_message_without_a_card_is_told_by_its_text_and_nothing_is_mark_up() -> None:
    bare = part(1, card=None, subject=f"News {NASTY}", text=f"Text {NASTY}\n")
    made = bundle(
        [bare, part(2, card=Card(NASTY, NASTY, (CardItem(NASTY, ((NASTY, NASTY),), (NASTY,), NASTY, NASTY, NASTY),), NASTY))], NOW
    )
    assert made.html is not None
    assert "<script" not in made.html
    assert "\u202e" not in made.html
    assert "Text &lt;script&gt;" in made.html


def test_no_mail_program_cuts_it_off_and_nothing_is_lost() -> None:
    long = "long words " * 60
    parts = [part(n, card=replace(part(n).card, items=(CardItem(f"Person {n}", (("Why", long),)),) * 4)) for n in range(300)]  # type: ignore[type-var]
    made = bundle(parts, NOW)
    assert made.html is not None
    assert len(made.html.encode()) <= LIMIT
    assert all(f"News {n}<" in made.html for n in range(300))
    assert all(f"TEXT {n}\n" in made.text for n in range(300))


def test_thousands_are_counted_and_not_told() -> None:
    made = bundle([part(n) for n in range(10_000)], NOW)
    assert made.subject == "10000 alerts waited while they could not be sent"
    assert made.card is not None
    assert len(made.card.items) == 300
    assert len((made.html or "").encode()) <= LIMIT
    assert len(made.text.encode()) <= LIMIT
    for said in (made.text, made.html or "", made.card.foot):
        assert "And 9,700 more: listener alerts open." in said


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8, unique=True))
def test_the_key_depends_on_the_parts_alone(keys: list[str]) -> None:
    mixed = sorted(keys, key=hash)
    assert bundle_key(keys) == bundle_key(mixed)
    assert bundle_key(keys) != bundle_key([*keys, "another key that is longer than thirty characters"])


def test_the_oldest_comes_first_and_an_alert_is_told_once() -> None:
    def of(key: str, minutes: int, *alerts: str) -> Message:
        return part(minutes, dedup_key=key, created_at=NOW + timedelta(minutes=minutes), alert_keys=alerts)

    parts = [of("alert:b", 21, "b"), of("alert:a", 3, "a"), of("alert:escalated:a", 30, "a"), of("alert:escalated:c", 31, "c")]
    parts.append(of("alert:again 2026:c", 32, "c"))
    made = bundle(parts, NOW)
    assert made.card is not None
    assert [item.title for item in made.card.items] == ["News 3", "News 21", "News 31"]
    assert made.subject == "3 alerts waited while they could not be sent"
    assert made.dedup_key == bundle_key(each.dedup_key for each in parts)
    one = bundle([of("alert:a", 3, "a"), of("alert:escalated:a", 30, "a")], NOW)
    assert one.subject == "1 alert waited while it could not be sent"
    assert one.card is not None
    assert "They" not in one.card.lead
