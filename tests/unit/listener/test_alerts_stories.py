"""Spreading critiques in words, and when they are told again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listener.alerts.model import Alert
from listener.alerts.stories import MOST, Untold, step_of, story_draft, untold, watch_stories
from listener.core.alert_ports import StoryFacts, StorySize
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertRecord, AlertRule, AlertState
from listener.core.analysis import Label
from listener.core.recipients import Recipient
from listener.core.telling import Quote

NOW = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = AlertPolicy()
TEAM = (Recipient("file", "team", alerts=frozenset({"spreading"})),)


def story(authors: int = 5, **values: Any) -> StoryFacts:
    given: dict[str, Any] = {
        "story_id": 7,
        "brand": "quillon",
        "sources": ("forum", "blogs", "mastodon"),
        "mentions": authors + 1,
        "customers": 1,
        "reach": 18_400,
        "first_said_at": NOW - 20 * HOUR,
        "last_heard_at": NOW - HOUR,
        "label": Label.NEGATIVE,
    }
    return StoryFacts(authors=authors, **{**given, **values})


def quote(number: int, **values: Any) -> Quote:
    given = {
        "alias": "Quillon",
        "label": Label.NEGATIVE,
        "unsure": False,
        "said_at": NOW - HOUR,
        "platform": "rss",
        "source": "f",
    }
    return Quote(mention_id=number, text="Quillon is down.", **{**given, **values})


def size(authors: int = 5, *known_as: int) -> StorySize:
    return StorySize(min(known_as, default=7), "quillon", authors, known_as or (7,))


def draft(facts: StoryFacts, step: int = 0, name: str = "Quillon", *, further: bool = False) -> AlertDraft:
    return story_draft(facts, Untold(size(facts.authors), 7, step, further), name, POLICY, NOW, UTC)


def record(subject: str, state: AlertState = AlertState.OPEN) -> AlertRecord:
    return AlertRecord(1, "k", AlertRule.SPREADING, subject, state, "{}", NOW, NOW)


def test_who_repeats_it_where_how_fast_and_what_to_do() -> None:
    made = draft(story(quotes=(quote(3), quote(4, may_quote=False))))
    alert = Alert.from_json(made.words)
    assert alert.news == "A critique of Quillon spreads: told by 5 people on 3 sources within 20 hours"
    assert dict(alert.items[0].facts) == {
        "Told by": "5 people in 6 mentions; 1 known customer among them",
        "Heard in": "forum, blogs, mastodon",
        "Reach": "18,400 followers together, as far as known",
        "First said": "21 Nov 21:05",
        "Last heard": "16:05",
        "Says": "negative",
    }
    assert alert.items[0].command == "listener mentions show 3"
    assert "owners of the customers" in alert.items[0].step
    assert (made.rule, made.subject, made.mention_ids) == (AlertRule.SPREADING, "story:7:quillon", (3,))
    assert not alert.good
    assert not made.notice


def test_what_is_not_known_is_not_there() -> None:
    made = Alert.from_json(draft(story(reach=None, customers=0, sources=tuple("abcdef"))).words)
    facts = dict(made.items[0].facts)
    assert "Reach" not in facts
    assert facts["Told by"] == "5 people in 6 mentions"
    assert facts["Heard in"] == "a, b, c, d and 2 more"
    assert "customers" not in made.items[0].step
    assert made.items[0].command == "listener mentions show 7"


def test_an_old_story_that_spreads_now_and_one_of_praise_and_blame() -> None:
    old = Alert.from_json(draft(story(first_said_at=NOW - 90 * HOUR)).words)
    assert old.news == "A critique of Quillon spreads: told by 5 people on 3 sources"
    mixed = Alert.from_json(draft(story(label=Label.MIXED), step=1, further=True).words)
    assert mixed.news == "Praise and blame of Quillon spreads further: told by 5 people on 3 sources within 20 hours"


@pytest.mark.parametrize(("authors", "step"), [(3, 0), (5, 0), (6, 1), (11, 1), (12, 2), (24, 3), (2, 0)])
def test_a_step_is_a_doubling(authors: int, step: int) -> None:
    assert step_of(size(authors), POLICY) == step


def test_each_step_is_told_once_under_a_key_of_its_own() -> None:
    assert draft(story(5)).key == draft(story(6)).key
    assert len({draft(story(), step).key for step in range(3)}) == 3
    assert draft(story(), 1).subject == "story:7:quillon:x2"


@pytest.mark.parametrize(
    ("authors", "known_as", "before", "told"),
    [
        (5, (7,), [], [(7, 0, False)]),
        (6, (7,), [], [(7, 1, False)]),
        (5, (7,), ["story:7:quillon"], []),
        (5, (7,), ["story:7:brimtel"], [(7, 0, False)]),
        (6, (7,), ["story:7:quillon"], [(7, 1, True)]),
        (6, (7,), ["story:7:quillon:x2"], []),
        (5, (7,), ["story:7:quillon:x2"], []),
        (5, (2, 7), ["story:7:quillon"], []),
        (7, (2, 7), ["story:7:quillon"], [(7, 1, True)]),
        (13, (7,), ["story:7:quillon", "story:7:quillon:x2"], [(7, 2, True)]),
    ],
    ids=[
        "new",
        "new and large",
        "told",
        "of another brand",
        "doubled",
        "told doubled",
        "shrank",
        "joined",
        "joined and doubled",
        "again",
    ],
)
def test_what_was_told_is_told_again_only_when_it_doubled(
    authors: int, known_as: tuple[int, ...], before: list[str], told: list[tuple[int, int, bool]]
) -> None:
    found = list(untold([size(authors, *known_as)], [record(subject) for subject in before], POLICY))
    assert [(one.ident, one.step, one.further) for one in found] == told


@pytest.mark.parametrize(("authors", "told"), [(5, []), (6, [(1, False)])], ids=["the same size", "doubled"])
def test_what_was_held_does_not_come_back_and_was_not_told(authors: int, told: list[tuple[int, bool]]) -> None:
    found = untold([size(authors)], [record("story:7:quillon", AlertState.HELD)], POLICY)
    assert [(one.step, one.further) for one in found] == told


class Book:
    """Stories as a store finds them, and what is kept of them."""

    def __init__(self, *stories: StoryFacts) -> None:
        self.stories = stories
        self.kept: list[AlertRecord] = []
        self.praise: set[int] = set()

    def spreading(self, since: datetime, until: datetime, authors: int, brands: Collection[str]) -> list[StorySize]:
        assert until - since == POLICY.spreading_hours * HOUR
        sizes = [StorySize(one.story_id, one.brand, one.authors) for one in self.stories]
        return [one for one in sizes if one.brand in brands and one.authors >= authors]

    def story_facts(self, stories: Collection[StorySize], *window: datetime) -> list[StoryFacts]:
        wanted = {one.story_id for one in stories} - self.praise
        return [one for one in self.stories if one.story_id in wanted]

    def recent(self, subjects: Collection[str], since: datetime) -> list[AlertRecord]:
        return [one for one in self.kept if one.subject in subjects and one.opened_at >= since]

    def save(self, plan: AlertPlan, now: datetime) -> None:
        self.kept += [replace(record(draft.subject, state), opened_at=now) for draft, state in plan.alerts]

    def watch(self, now: datetime = NOW, policy: AlertPolicy = POLICY) -> list[str]:
        """The subjects of what is told."""
        made = watch_stories(self, self, policy, TEAM, {"quillon": "Quillon"}, now, UTC)  # type: ignore[arg-type]  # of a store so much
        return [message.subject for message in made.messages]


def test_a_story_that_shrinks_is_not_told_again() -> None:
    book = Book(story(6))
    assert [subject.split(":")[0] for subject in book.watch()] == ["A critique of Quillon spreads"]
    book.stories = (story(4),)
    assert book.watch(NOW + 30 * HOUR) == []
    assert len(book.kept) == 1


def test_what_a_switched_off_rule_held_is_not_told_when_it_is_switched_on() -> None:
    book = Book(*(story(story_id=number) for number in range(4)))
    assert book.watch(policy=replace(POLICY, rules=frozenset())) == []
    assert book.watch(NOW + HOUR) == []
    assert len(book.kept) == 4


def test_what_is_told_already_or_is_no_critique_takes_nobodys_place() -> None:
    book = Book(*(story(story_id=number) for number in range(3 * MOST)))
    book.praise = set(range(MOST))
    news = [len(book.kept) for hour in range(4) if book.watch(NOW + hour * HOUR) is not None]
    assert news == [MOST, 2 * MOST, 2 * MOST, 2 * MOST]


def test_names_of_strangers_stay_on_one_line() -> None:
    made = Alert.from_json(draft(story(sources=("fo\nrum\u202e",)), name="Quil\nlon").words)
    assert "\n" not in made.news
    assert dict(made.items[0].facts)["Heard in"] == "fo rum"
    assert replace(made, items=()) != made
