"""Critiques that several people put in words of their own: found by the phrase that recurs, and told once."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from listener.alerts.model import Alert
from listener.alerts.repeated import is_news, watch_repeated
from listener.core.alert_ports import PhraseUse
from listener.core.alerting import AlertPlan
from listener.core.analysis import Label
from nlp.themes import recurring
from storage.store import Store
from tests.support.bursts import NAMES, POLICY, TEAM, Month

SAID = (
    "Quillon Flow: the export deletes customer orders without warning. We noticed on Monday.",
    "I can confirm that the export deletes things it should keep, and Quillon Flow says nothing about it.",
    "Second time this month. In Quillon Flow an export deletes what we sold, and nobody answers the phone.",
    "Watch out, people: Quillon Flow has a bug by which the export deletes rows in the shop.",
    "My colleague lost an afternoon because with Quillon Flow the export deletes stock.",
)


def watch(month: Month) -> AlertPlan:
    def find(texts: object) -> object:
        return recurring(texts, ["Quillon", "Quillon Flow"], most=50, often=1)  # type: ignore[arg-type]

    return watch_repeated(month.store.repeated, month.store.alerts, find, POLICY, TEAM, NAMES, month.now, UTC)  # type: ignore[arg-type]


@pytest.fixture
def month(any_store: Store) -> Month:
    found = Month(any_store)
    found.usual_days(5)
    return found


def say(month: Month, texts: tuple[str, ...] = SAID, label: Label = Label.NEGATIVE) -> None:
    month.hour(*(month.say(month.now + timedelta(minutes=n), label, text=text) for n, text in enumerate(texts)))


def test_a_critique_in_words_of_their_own_is_told_once(month: Month) -> None:
    assert not watch(month)
    say(month)
    ((draft, _),) = watch(month).alerts
    alert = Alert.from_json(draft.words)
    assert alert.news.startswith("A critique of Quillon spreads, “export deletes”: told by 5 people on 1 source within")
    assert ("Told by", "5 people in 5 mentions") in alert.items[0].facts
    assert "the export deletes customer orders" in alert.items[0].quotes[0].text
    assert len({line.mention_id for line in alert.items[0].quotes}) == 3
    assert draft.subject.startswith("theme:quillon:")
    assert not watch(month), "told once"
    assert month.messages == 1


def test_it_is_told_again_when_twice_as_many_people_say_it(month: Month) -> None:
    say(month, SAID[:3])
    assert len(watch(month).alerts) == 1
    say(month, SAID[3:])
    assert not watch(month)
    say(month, ("Quillon Flow again, the export deletes my sales list.",))
    ((draft, _),) = watch(month).alerts
    assert "spreads further" in Alert.from_json(draft.words).news


@pytest.mark.parametrize(
    ("texts", "label"),
    [(SAID, Label.NEUTRAL), (SAID, Label.POSITIVE), (SAID[:2], Label.NEGATIVE), (SAID[:1] * 5, Label.NEGATIVE)],
)
def test_neither_praise_nor_two_people_nor_copies_are(month: Month, texts: tuple[str, ...], label: Label) -> None:
    """Copies are a story, which is told as that."""
    say(month, texts, label)
    assert not watch(month)


def test_what_others_say_without_blame_is_a_term_of_the_trade(month: Month) -> None:
    say(month)
    say(
        month,
        tuple(f"Number {n}: Quillon Flow has a switch by which an export deletes the former file." for n in range(2)),
        Label.NEUTRAL,
    )
    assert not watch(month)


def test_what_is_said_every_day_is_no_news(month: Month) -> None:
    for day in range(6):
        say(month, tuple(f"{text} Day {day}." for text in SAID))
        month.now += timedelta(days=1)
    say(month)
    assert not watch(month)


def test_usual_is_measured_over_the_time_in_which_the_brand_was_heard() -> None:
    window, month = timedelta(hours=48), timedelta(days=28)
    assert is_news(PhraseUse(3, 3, 3, 14, month), window)
    assert not is_news(PhraseUse(3, 3, 3, 15, month), window)
    assert not is_news(PhraseUse(3, 3, 3, 2, timedelta(hours=3)), window)
    assert not is_news(PhraseUse(4, 2, 2, 0, month), window)
    assert not is_news(PhraseUse(4, 4, 1, 0, month), window)
    assert is_news(PhraseUse(5, 5, 2, 0, month), window)
