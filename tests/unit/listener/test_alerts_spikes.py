"""Bursts in words."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.alerts.model import Alert
from listener.alerts.spikes import chance_words, is_bad, is_good, spike_draft
from listener.core.alert_ports import SpikeFacts
from listener.core.alerting import AlertRule
from listener.core.analysis import Label
from listener.core.spikes import Measure, SpikeChange, SpikeIncident
from listener.core.telling import Quote
from listener.query import parse

NOW = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
END = datetime(2026, 11, 22, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)


def burst(measure: Measure = Measure.VOLUME, **values: Any) -> SpikeIncident:
    hours = values.pop("hours", 3)
    given = {"start": END - hours * HOUR, "detected_at": END, "last_excess_at": END, "count": 34.0, "expected": 4.2}
    return SpikeIncident(**{"id": 1, "brand": "quillon", "measure": measure, "hours": hours, "p_value": 1e-7, **given, **values})


def quote(number: int = 7, text: str = "Quillon Sign is down again.", **values: Any) -> Quote:
    given = {"alias": "Quillon Sign", "label": Label.NEGATIVE, "unsure": False, "said_at": END - HOUR}
    return Quote(mention_id=number, text=text, **{**given, "platform": "rss", "source": "forum", **values})


def told(*facts: SpikeFacts, change: SpikeChange = SpikeChange.OPENED, zone: Any = UTC, name: str = "Quillon") -> Alert:
    draft = spike_draft(facts, change, name, NOW, zone, {"log-in": "Log-in"})
    assert draft.words == Alert.from_json(draft.words).to_json()
    return Alert.from_json(draft.words)


def lines(alert: Alert) -> dict[str, str]:
    return dict(alert.items[0].facts)


@pytest.mark.parametrize(
    ("incident", "news"),
    [
        (burst(), "Quillon: 34 mentions between 14:00 and 17:00, usually 4"),
        (burst(hours=1, expected=0.3), "Quillon: 34 mentions between 16:00 and 17:00, usually fewer than 1"),
        (burst(Measure.NEGATIVE, count=12.0, expected=1.2), "Quillon: 12 negative mentions between 14:00 and 17:00, usually 1"),
        (
            burst(Measure.SHARE, count=0.7, expected=0.12, total=20),
            "Quillon: 14 of 20 mentions negative between 14:00 and 17:00, usually 12 in 100",
        ),
        (burst(Measure.AUTHORS, count=28.0), "Quillon: 28 authors, hour by hour, between 14:00 and 17:00, usually 4"),
        (burst(Measure.AUTHORS, count=28.0, hours=1), "Quillon: 28 authors between 16:00 and 17:00, usually 4"),
        (burst(count=1234.0, expected=1000.4), "Quillon: 1,234 mentions between 14:00 and 17:00, usually 1,000"),
    ],
    ids=["volume", "one hour", "negative", "share", "authors", "authors in an hour", "thousands"],
)
def test_the_news_says_how_much_against_what_is_usual(incident: SpikeIncident, news: str) -> None:
    assert told(SpikeFacts(incident)).news == news


def test_hours_of_another_day_and_over_midnight_are_named_in_the_zone() -> None:
    zone = ZoneInfo("Europe/Oslo")
    day = timedelta(days=1)
    yesterday = burst(start=END - day - 3 * HOUR, detected_at=END - day, last_excess_at=END - day)
    assert "on 21 Nov between 15:00 and 18:00" in told(SpikeFacts(yesterday), zone=zone).news
    night = END + 8 * HOUR - day
    late = burst(start=night - 3 * HOUR, detected_at=night, last_excess_at=night)
    assert "between 21 Nov 23:00 and 02:00" in told(SpikeFacts(late), zone=zone).news
    midnight = burst(detected_at=END - 18 * HOUR, last_excess_at=END - 18 * HOUR, start=END - 21 * HOUR)
    assert "on 21 Nov between 21:00 and 00:00" in told(SpikeFacts(midnight), zone=zone).news


def test_blame_leads_and_all_measures_are_told_in_one_alert() -> None:
    negative = burst(Measure.NEGATIVE, count=12.0, expected=1.0, p_value=2e-9)
    alert = told(SpikeFacts(burst()), SpikeFacts(burst(Measure.AUTHORS)), SpikeFacts(negative))
    assert alert.news.startswith("Quillon: 12 negative mentions")
    assert list(lines(alert))[:3] == ["Negative", "Mentions", "By chance"]
    assert lines(alert)["Mentions"] == "34 between 14:00 and 17:00, usually 4"
    assert lines(alert)["By chance"] == "less than once in 1,000 years (p = 2e-09)"
    assert (alert.rule, alert.good, len(alert.items)) == (AlertRule.SPIKE, False, 1)


def test_what_was_said_by_whom_of_what_and_where() -> None:
    labels = {Label.POSITIVE: 6, Label.NEGATIVE: 18, Label.NEUTRAL: 8, Label.UNSCORED: 1}
    facts = SpikeFacts(
        burst(), labels, 28, topics=(("log-in", 12), ("sign-up-page", 3)), mentions=34, sources=(("forum", 30), ("blogs", 4))
    )
    shown = lines(told(facts))
    assert shown["Said"] == "18 negative, 6 positive, 8 neutral, 1 not scored, 1 unsure"
    assert shown["By"] == "28 different people"
    assert shown["About"] == "Log-in (12), sign up page (3)"
    assert shown["Heard in"] == "forum (30), blogs (4)"
    assert shown["Burst"] == "began 14:00; still more than usual at 17:00"


def test_what_has_nothing_to_say_is_left_out() -> None:
    assert set(lines(told(SpikeFacts(burst())))) == {"Mentions", "By chance", "Burst"}


def test_while_it_is_learnt_nothing_is_said_of_what_is_usual() -> None:
    alert = told(SpikeFacts(burst(), learning=True))
    assert alert.news == "Quillon: 34 mentions between 14:00 and 17:00"
    assert "two weeks" in lines(alert)["Usually"]
    assert "By chance" not in lines(alert)


def test_a_burst_that_grew_says_so_and_is_another_alert_each_time() -> None:
    grown = replace(burst(), count=60.0, last_excess_at=END + HOUR)
    first = spike_draft([SpikeFacts(burst())], SpikeChange.OPENED, "Quillon", NOW, UTC, {})
    again = spike_draft([SpikeFacts(burst())], SpikeChange.OPENED, "Quillon", NOW + HOUR, UTC, {})
    second = spike_draft([SpikeFacts(grown, until=END + HOUR)], SpikeChange.GREW, "Quillon", NOW + HOUR, UTC, {})
    third = spike_draft([SpikeFacts(replace(grown, count=99.0))], SpikeChange.GREW, "Quillon", NOW + HOUR, UTC, {})
    assert first.key == again.key
    assert len({first.key, second.key, third.key}) == 3
    assert Alert.from_json(second.words).news == "Quillon: the burst has grown, 60 mentions between 15:00 and 18:00, usually 4"
    assert {first.subject, second.subject} == {"spike:quillon"}
    assert first.person_id is None


def test_quotes_are_on_one_line_and_only_where_they_may_be() -> None:
    hostile = quote(8, "Quillon\u202e Sign\nis <b>down</b>", url="javascript:alert(1)")
    alert = told(SpikeFacts(burst(), quotes=(hostile, quote(9, may_quote=False), quote(10))))
    assert [(line.mention_id, line.text, line.url) for line in alert.items[0].quotes] == [
        (8, "Quillon Sign is <b>down</b>", None),
        (10, "Quillon Sign is down again.", None),
    ]
    draft = spike_draft(
        [SpikeFacts(burst(), quotes=(quote(9, may_quote=False), quote(10)))], SpikeChange.OPENED, "Q", NOW, UTC, {}
    )
    assert draft.mention_ids == (10,)


@pytest.mark.parametrize(
    ("labels", "bad", "good"),
    [
        ({Label.POSITIVE: 30, Label.NEUTRAL: 4}, False, True),
        ({Label.POSITIVE: 10, Label.NEUTRAL: 24}, False, False),
        ({Label.NEGATIVE: 12, Label.POSITIVE: 22}, True, False),
        ({Label.MIXED: 12, Label.NEUTRAL: 22}, True, False),
        ({}, False, False),
    ],
    ids=["praise", "mostly neutral", "a third blame", "mixed", "nothing known"],
)
def test_what_a_burst_is_made_of_decides_what_to_do(labels: dict[Label, int], bad: bool, good: bool) -> None:
    facts = SpikeFacts(burst(), labels, mentions=34)
    assert (is_bad(facts), is_good(facts)) == (bad, good)
    assert told(facts).good is good
    assert is_bad(SpikeFacts(burst(Measure.NEGATIVE), labels, mentions=34))


@pytest.mark.parametrize("name", ["Quillon", 'The "Q"', "C++ & Co's", "-q OR (", "奎隆"])
def test_the_command_is_one_that_works(name: str) -> None:
    words = shlex.split(told(SpikeFacts(burst(), mentions=34), name=name).items[0].command)
    assert words[:2] == ["listener", "mentions"]
    assert parse(words[2])
    assert words[3:] == ["--limit", "34"]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1e-4, "about once in 14 months"),
        (1e-5, "about once in 10 years"),
        (4e-5, "about once in 3 years"),
        (1e-6, "about once in 100 years"),
        (1e-7, "less than once in 1,000 years"),
        (0.0, "less than once in 1,000 years"),
        (1.0, "about once in 1 months"),
    ],
)
def test_chance_in_words(p: float, words: str) -> None:
    assert chance_words(p) == words
