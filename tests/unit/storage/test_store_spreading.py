"""Critiques that spread: who counts, what is a critique, which stories are one, and when people are told again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from listener.alerts.model import Alert
from listener.core.alert_ports import StoryFacts, StorySize
from listener.core.alerting import AlertPolicy, AlertRule, AlertState
from listener.core.analysis import Label
from listener.core.mention import Author, Kind, Mention
from listener.core.terms import X
from nlp.sketch import sketches
from storage.alert_facts import SINCE
from storage.store import Store
from storage.tables import meta
from tests.support.bursts import TEAM, Month
from tests.support.heard import (
    BRAND,
    DAY,
    HOUR,
    NOW,
    ONE_OF_US,
    about,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    target,
)

OUTAGE = (
    "Third outage of Quillon Sign this month and again nothing on the status page until two hours later. We had a closing at "
    "ten, four parties on the line, lawyers billing by the minute, and nobody could open the document. I asked for a credit."
)
WINDOW = (NOW - 2 * DAY, NOW)


def post(by: str, text: str = OUTAGE, hours: float = 1, **values: Any) -> Mention:
    """A post of a site of its author's own."""
    place = {"origin": f"https://{by}.example/feed", "url": f"https://{by}.example/post", "external_id": f"{by}-{hours}"}
    followers = values.pop("followers", None)
    author = Author(handle=by, display_name=by, followers=followers)
    said = {"title": None, "published_at": NOW - timedelta(hours=hours), "author": author}
    return mention(by, text, **{**place, **said, **values})


def read(store: Store, label: Label = Label.NEGATIVE, *, unsure: bool = False, known: Any = None) -> None:
    jobs = store.analyses.pending_analyses("analyzer 1", 10_000)
    verdict = target(label, "It is down again.")
    verdict = replace(verdict, sentiment=replace(verdict.sentiment, unsure=unsure))
    made = sketches([job.text for job in jobs])
    done = [(job, replace(about(verdict), sketch=sketch)) for job, sketch in zip(jobs, made, strict=True)]
    store.analyses.save_analyses(done, "analyzer 1", NOW)
    identify(store, known)


def sizes(store: Store, authors: int = 3, *brands: str) -> Sequence[StorySize]:
    return store.spreading.spreading(*WINDOW, authors, brands or (BRAND,))


def spreading(store: Store, authors: int = 3) -> Sequence[StoryFacts]:
    return store.spreading.story_facts(sizes(store, authors), *WINDOW, NOW)


def test_a_critique_in_the_same_words_by_several_people_spreads(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, post("ada", hours=20, followers=300), post("wire", f"HALDEN (Wire) - {OUTAGE}", 5, followers=9_000))
    hear(any_store, post("desk", f"{OUTAGE} Read more at our site.", 2), post("eve", "Something else, Quillon."), source="forum")
    read(any_store, known={"ada": linked("C1")})
    (found,) = spreading(any_store)
    assert (found.brand, found.authors, found.mentions, found.customers) == (BRAND, 3, 3, 1)
    assert (found.sources, found.reach, found.label) == (("blogs", "forum"), 9_300, Label.NEGATIVE)
    assert (found.first_said_at, found.last_heard_at) == (NOW - 20 * HOUR, NOW)
    (size,) = sizes(any_store)
    assert (size.story_id, size.authors, len(size.known_as)) == (found.story_id, found.authors, 3)
    assert size.story_id == min(size.known_as)
    assert sizes(any_store, 3, "brimtel") == []
    assert found.quotes[0].said_at == NOW - 20 * HOUR, "the first words"
    assert spreading(any_store, authors=4) == []


@pytest.mark.parametrize(
    "said",
    [{"label": Label.POSITIVE}, {"label": Label.NEUTRAL}, {"label": Label.UNSCORED}, {"unsure": True}],
    ids=["praise", "neutral", "not scored", "unsure"],
)
def test_what_is_surely_no_critique_does_not_spread(any_store: Store, said: dict[str, Any]) -> None:
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("abcd", 1)))
    read(any_store, **said)
    assert spreading(any_store) == []


def test_praise_and_blame_together_is_one(any_store: Store) -> None:
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("abc", 1)))
    read(any_store, Label.MIXED)
    assert [one.label for one in spreading(any_store)] == [Label.MIXED]


def test_only_people_count_that_are_not_ours_and_each_once(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate(("a", "a2", "b", "ours"), 1)))
    hear(any_store, post("b", hours=9, url="https://b.example/again"))
    same = {"a": linked("C1"), "a2": linked("C1"), "ours": ONE_OF_US}
    read(any_store, known=same)
    assert spreading(any_store) == []
    (found,) = spreading(any_store, authors=2)
    assert (found.authors, found.mentions) == (2, 4)


def test_history_and_what_is_older_than_the_window_do_not_count(any_store: Store) -> None:
    hear(any_store, post("a", hours=50), post("b", hours=3), post("c", hours=2), post("d", hours=1))
    hear(any_store, post("e", hours=10), post("f", hours=11), source="old", news_since=NOW)
    read(any_store)
    (found,) = spreading(any_store)
    assert (found.authors, found.sources) == (3, ("blogs",))
    assert found.first_said_at == NOW - 50 * HOUR, "when it was first said counts all the same"


def test_what_was_said_before_the_store_had_alerts_does_not_count(any_store: Store) -> None:
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("abcdef", 1)))
    read(any_store)
    with any_store._database.write() as connection:
        connection.execute(meta.insert().values(name=SINCE, value=(NOW - 4 * HOUR).isoformat()))
    assert [one.authors for one in spreading(any_store)] == [one.authors for one in sizes(any_store)] == [4]
    assert spreading(any_store, authors=5) == []


def test_reposts_spread_it_too(any_store: Store) -> None:
    first = post("ada", hours=5)
    again = [
        post(by, hours=hours, kind=Kind.REPOST, repost_of=first.url, url=f"https://{by}.example/re")
        for hours, by in enumerate("bc", 1)
    ]
    hear(any_store, first, *again)
    read(any_store)
    (found,) = spreading(any_store)
    assert (found.authors, len(found.quotes)) == (3, 1), "the same words are quoted once"


def test_words_that_may_not_be_quoted_are_not(any_store: Store) -> None:
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("abc", 1)), policy=X.name)
    read(any_store)
    (found,) = spreading(any_store)
    assert found.quotes == (), "a source that is not configured is not quoted"


def test_it_is_told_once_and_again_when_twice_as_many_tell_it(any_store: Store) -> None:
    month = Month(any_store, now=NOW)
    names = [f"person{number}" for number in range(12)]
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate(names[:4], 1)))
    read(any_store)
    for _ in range(2):
        month.watch_stories()
    (told,) = month.told
    assert (told.rule, told.state, told.brand) == (AlertRule.SPREADING, AlertState.OPEN, BRAND)
    assert Alert.from_json(told.words).news == "A critique of Quillon spreads: told by 4 people on 1 source within 4 hours"
    hear(any_store, post(names[4], hours=0.5))
    read(any_store)
    month.watch_stories()
    assert len(month.told) == 1, "five are not twice three"
    hear(any_store, post(names[5], hours=0.4))
    read(any_store)
    month.watch_stories()
    assert [record.subject for record in month.told] == [told.subject, f"{told.subject}:x2"]
    assert month.messages == 2 * len(TEAM)
    hear(any_store, *(post(by, hours=0.3) for by in names[6:]))
    read(any_store)
    month.watch_stories()
    assert [record.subject for record in month.told][2:] == [f"{told.subject}:x4"]


def test_a_story_that_turns_out_to_be_part_of_an_older_one_is_not_told_anew(any_store: Store) -> None:
    month = Month(any_store, now=NOW)
    hear(any_store, post("old", "An older post, with few words about Quillon.", 30))
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("xyz", 1)))
    read(any_store)
    month.watch_stories()
    (told,) = month.told
    hear(any_store, post("old", f"HALDEN (Wire) - {OUTAGE}", 30))
    read(any_store)
    (found,) = spreading(any_store)
    assert f"story:{found.story_id}:{BRAND}" != told.subject, "it took the id of the older one, whose text was edited"
    month.watch_stories()
    assert len(month.told) == 1


def test_a_rule_that_is_switched_off_tells_nobody(any_store: Store) -> None:
    month = Month(any_store, now=NOW)
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("abc", 1)))
    read(any_store)
    month.watch_stories(policy=AlertPolicy(rules=frozenset()))
    assert [record.state for record in month.told] == [AlertState.HELD]
    assert month.messages == 0


def test_people_whose_brand_it_is_not_are_not_told(any_store: Store) -> None:
    month = Month(any_store, now=NOW)
    hear(any_store, *(post(by, hours=hours) for hours, by in enumerate("abc", 1)))
    read(any_store)
    month.watch_stories(recipients=[replace(TEAM[0], brands=frozenset({"brimtel"}))])
    assert (len(month.told), month.messages) == (1, 0)
