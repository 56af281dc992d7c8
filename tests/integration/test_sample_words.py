"""Whose words: the bundled sample has copies, reposts and an aggregator, and none of them takes the words from their author."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from listener.core.analysis import Label
from listener.job import run_pass
from listener.sample.build import write_demo
from listener.sample.server import serving
from listener.wiring import load_app
from storage.lookups import HeardMention
from storage.store import Store
from tests.support.sample_run import EXPECTED, NOW

AGGREGATOR = "planet-paperwork"
REPEATED: dict[str, str] = EXPECTED["copies"] | EXPECTED["reposts"]
"""Copies and reposts, each with its original."""


@pytest.fixture(scope="module", params=["aggregator last", "aggregator first", "aggregator first, postgres"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The sample, heard in different orders."""
    env = {}
    if "postgres" in request.param:
        env["LISTENER_STORAGE__URL"] = request.getfixturevalue("postgres_database")
        env["LISTENER_STORAGE__PEPPER"] = "pepper of the tests"
    with serving(NOW) as base_url:
        app = load_app(write_demo(tmp_path_factory.mktemp("sample"), base_url, NOW), env)
        everything = [source.name for source in app.sources]
        others = [name for name in everything if name != AGGREGATOR]
        with app.open_store(NOW) as opened:
            for only in ([AGGREGATOR], everything) if "first" in request.param else (others, everything):
                run_pass(app, opened, NOW, only=only)
            yield opened


def _mention(store: Store, post: str) -> HeardMention:
    """The mention of a post, as the sample's list of expectations names it: by its address, or by the end of that."""
    every = [one for one in store.mentions.find(limit=1_000) if one.url]
    if post.startswith("planet:"):
        (found,) = (one for one in every if one.source == AGGREGATOR and f"planet:{one.url}" == post)
    else:
        (found,) = (one for one in every if one.source != AGGREGATOR and (one.url or "").endswith(f"/{post}"))
    return found


@pytest.mark.parametrize(("repeated", "original"), REPEATED.items())
def test_the_words_stay_with_who_wrote_them(store: Store, repeated: str, original: str) -> None:
    copy, first = _mention(store, repeated), _mention(store, original)
    assert (first.own_words, copy.own_words) == (True, False)
    assert first.story_id == copy.story_id


def test_all_other_words_are_their_authors_own(store: Store) -> None:
    every = store.mentions.find(limit=1_000)
    assert len([one for one in every if not one.own_words]) == len(REPEATED)


def test_the_digests_figures_add_up(store: Store) -> None:
    facts = store.digests.digest_facts(NOW - timedelta(days=1), NOW)
    assert facts.mentions > 80
    assert 80 < sum(facts.labels.values()) + facts.unsure <= facts.stories < facts.mentions
    assert facts.labels[Label.UNSCORED] == facts.unscored
    assert facts.own_side == sum(len(one["posts"]) for one in EXPECTED["cast"] if one["role"] == "own side")
