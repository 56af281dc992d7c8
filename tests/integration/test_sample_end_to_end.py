"""The main job on the bundled sample, on both databases: who is a customer, who praises, who needs a call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.core.analysis import Label
from listener.core.cases import CaseKind, CaseState
from listener.core.telling import Health, PersonFacts
from listener.digest.model import Digest
from listener.job import PassReport
from listener.render.lines import headline, todo_line
from listener.render.text import render_text
from listener.wiring import App
from storage.store import Store
from tests.support.sample_run import EXPECTED, NOW, heard_sample

CAST: list[dict[str, Any]] = EXPECTED["cast"]
ROLES = {"candidate": CaseKind.CANDIDATE, "follow-up": CaseKind.FOLLOW_UP}


@dataclass
class Heard:
    app: App
    store: Store
    reports: list[PassReport]
    people: list[PersonFacts]
    digest: Digest
    folder: Path

    def customer(self, contact_id: str) -> PersonFacts:
        [found] = [person for person in self.people if person.contact_id == contact_id]
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def heard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    env = {}
    if request.param == "postgres":
        env["LISTENER_STORAGE__URL"] = request.getfixturevalue("postgres_database")
        env["LISTENER_STORAGE__PEPPER"] = "pepper of the tests"
    folder = tmp_path_factory.mktemp(request.param)
    with heard_sample(folder, env) as (app, store, reports):
        facts = store.digests.digest_facts(NOW - timedelta(days=1), NOW)
        saved = store.digests.saved_digest("folder:digest", NOW.date())
        assert saved is not None
        yield Heard(app, store, reports, list(facts.people), Digest.from_json(saved), folder)


def test_every_source_is_heard_and_a_second_pass_adds_nothing(heard: Heard) -> None:
    first, second = heard.reports
    assert first.worked
    assert first.heard.collected.saved.new == 120
    assert first.made.customers is not None
    assert first.made.customers.saved.new == 60
    assert second.heard.collected.saved.new == second.heard.collected.saved.changed == 0
    assert all(result.unchanged for result in second.heard.collected.results if result.source != "ink-and-process")
    assert second.made.customers is not None
    assert second.made.customers.unchanged
    assert (second.made.understood, second.made.identified, second.made.judged) == (0, 0, 0)
    assert (second.told.digests, second.told.sent) == (0, 0)


@pytest.mark.parametrize("member", [one for one in CAST if one["contact_id"]], ids=lambda one: one["who"])
def test_who_is_a_customer_and_what_is_to_be_done(heard: Heard, member: dict[str, Any]) -> None:
    person = heard.customer(member["contact_id"])
    open_kinds = {found.case.kind for found in person.cases if found.case.state is CaseState.NEW}
    assert CaseKind.HEARD in open_kinds
    wanted = {ROLES[member["role"]]} if member["role"] in ROLES else set()
    assert open_kinds - {CaseKind.HEARD} == wanted
    assert person.do_not_contact is bool(member.get("do_not_contact"))
    assert person.match is not None
    assert person.match.evidence
    spoken = {post.removesuffix("*") for post in member["posts"]}
    assert spoken  # the reader's list says which posts are theirs


def test_nobody_else_is_taken_for_a_customer(heard: Heard) -> None:
    expected = {one["contact_id"] for one in CAST if one["contact_id"]}
    assert {person.contact_id for person in heard.people if person.contact_id} == expected


def test_the_own_side_and_strangers_are_no_candidates(heard: Heard) -> None:
    candidates = [person for person in heard.people if any(found.case.kind is CaseKind.CANDIDATE for found in person.cases)]
    assert {person.contact_id for person in candidates} == {one["contact_id"] for one in CAST if one["role"] == "candidate"}
    names = {author["name"] for one in CAST if one["role"] == "own side" for author in one["authors"]}
    assert not names & {person.name for person in heard.people}


def test_what_cannot_be_read_is_shown_as_unscored(heard: Heard) -> None:
    unscored = [quote for person in heard.people if person.contact_id for quote in person.quotes if quote.label is Label.UNSCORED]
    assert unscored
    assert all(quote.reason for quote in unscored)


def test_the_digest_was_told_once_and_shows_calls_candidates_and_customers(heard: Heard) -> None:
    assert {entry.section for entry in heard.digest.people} == {"call", "answer", "candidate", "heard"}
    assert headline(heard.digest) == "8 to call, 5 to answer, 5 new candidates, 13 customers heard"
    assert [entry.todo for entry in heard.digest.today] == ["Call"] * 4 + ["Confirm"]
    assert "may leave us" in todo_line(heard.digest.today[0])
    files = sorted(path.name for path in (heard.folder / "digests").glob("digest-*"))
    assert [Path(name).suffix for name in files] == [".html", ".txt"]
    assert all(name.startswith(f"digest-{NOW.date()}") for name in files)
    assert all(line.health is Health.OK for line in heard.digest.coverage)
    assert (heard.digest.coverage_heard.number if heard.digest.coverage_heard else 0) == len(heard.app.sources)


def test_the_digest_is_read_in_a_minute(heard: Heard) -> None:
    """At 238 words a minute: names, dates and figures included; what is typed or followed is not read. Those who must stay (the
    list of today, somebody of each section) take it two words further here."""
    top = render_text(heard.digest).partition("WHAT WAS SAID")[0]
    lines = (line.strip(" │") for line in top.splitlines())
    read = [line for line in lines if not line.startswith(("$", "yes $", "no  $", "http"))]
    assert sum(any(char.isalpha() for char in word) for line in read for word in line.split()) <= 240


def test_the_digest_asks_who_authors_are(heard: Heard) -> None:
    reviewed = heard.store.identities.proposals(NOW, 99)
    assert {line.author_id for line in heard.digest.proposals} < {one.identity.author_id for one in reviewed}
    assert len(heard.digest.proposals) == 1
    assert len(heard.digest.proposals) + heard.digest.proposals_more == len(reviewed)


def test_the_digest_says_what_it_was_about_and_what_was_hidden(heard: Heard) -> None:
    assert {line.name for line in heard.digest.topics} == {"Pricing", "Support", "Mobile signing"}
    hidden = heard.digest.hidden
    assert hidden is not None
    assert {"1 job ad", "1 giveaway", "1 press release"} <= set(hidden.reasons)
    assert len(hidden.posts) == 3
    assert all(post.text for post in hidden.posts)
    assert not {post.mention_id for post in hidden.posts} & {q.mention_id for entry in heard.digest.people for q in entry.quotes}


def test_the_digest_kept_gives_the_same_bytes_again(heard: Heard) -> None:
    saved = heard.store.digests.saved_digest("folder:digest", NOW.date())
    assert saved is not None
    assert Digest.from_json(saved).to_json() == saved
    assert json.loads(saved)["people"]
