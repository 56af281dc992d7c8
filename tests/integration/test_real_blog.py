"""A real blog engine (pelican, with isso for the comments) is heard as a user would configure it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.core.connector import Door
from listener.core.mention import Cursor, Mention, content_hash
from listener.job import run_pass
from listener.wiring import App, load_app
from tests.support.blog_engine import BlogEngine, blog_engine

NOW = datetime.now(UTC).replace(microsecond=0)  # the comment server stamps comments by the real clock
POSTED = NOW.replace(second=0) - timedelta(days=3)

LEASE = [
    "We moved all our lease contracts to *Quillon* in spring. The first week was rough, and the second was quiet.",
    "By the third week nobody asked me where a contract was any more, because everybody could see for themselves.",
    "I love Quillon for this, and so do the two colleagues who used to drive around with folders in the boot of a car.",
]
PRESS = [
    "The new press arrived in four crates and a bad temper. It took us a day to find the missing bolt.",
    "It prints beautifully now. The bolt was in the tea caddy, where nobody remembers putting it.",
]
CONFIG = """
[[brands]]
name = "Quillon"

[[sources]]
name = "site"
kind = "blog"
url = "{blog.base_url}/"
private = true

[[sources]]
name = "atom"
kind = "rss"
url = "{blog.base_url}/feeds/all.atom.xml"
private = true

[[sources]]
name = "comments"
kind = "rss"
url = "{comments}"
private = true

[net]
per_host_interval = 0
"""


@pytest.fixture
def blog(tmp_path: Path) -> Iterator[BlogEngine]:
    with blog_engine(tmp_path / "blog") as running:
        running.post("lease", "Leases without folders", "Ada Mintworth", POSTED, LEASE)
        running.post("press", "The new press", "Bo Quarrel", POSTED + timedelta(hours=1), PRESS)
        running.publish()
        running.comment("lease", "Cleo Vantongeren", "Quillon is a wonderful tool, we use it for leases too.")
        yield running


@pytest.fixture
def app(blog: BlogEngine, tmp_path: Path) -> App:
    return configured(blog, tmp_path)


def configured(blog: BlogEngine, folder: Path) -> App:
    path = folder / "listener.toml"
    path.write_text(CONFIG.format(blog=blog, comments=blog.comments_feed("lease")), encoding="utf-8")
    return load_app(path, {})


class Ear:
    """Hears the sources one after another and remembers their cursors, as the store does."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.cursors: dict[tuple[str, str], Cursor] = {}

    def hear_all(self) -> Mapping[str, list[Mention]]:
        return {source.name: self.hear(source.name) for source in self.app.sources}

    def hear(self, source: str) -> list[Mention]:
        with self.app.open_door() as door:
            return list(self._mentions(source, door))

    def _mentions(self, source: str, door: Door) -> Iterator[Mention]:
        for stream in self.app.source(source).streams(self.app.context(door, NOW), {}, {}):
            key = (source, stream.name)
            for page in stream.open().pages(self.cursors.get(key, {})):
                assert page.rejected == ()
                self.cursors[key] = page.cursor
                yield from page.mentions


def told(mentions: list[Mention]) -> list[tuple[str | None, str | None, datetime | None, str | None]]:
    return sorted((one.title, one.author.display_name, one.published_at, one.url) for one in mentions)


# ------------------------------------------------------------------------------------------- the connectors alone


def test_posts_and_comments_arrive_with_authors_dates_and_links_and_only_once(blog: BlogEngine, app: App) -> None:
    ear = Ear(app)
    heard = ear.hear_all()
    posts = [
        ("Leases without folders", "Ada Mintworth", POSTED, f"{blog.base_url}/lease/"),
        ("The new press", "Bo Quarrel", POSTED + timedelta(hours=1), f"{blog.base_url}/press/"),
    ]
    assert told(heard["site"]) == posts
    assert told(heard["atom"]) == posts
    (comment,) = heard["comments"]
    assert comment.author.display_name == "Cleo Vantongeren"
    assert "Quillon is a wonderful tool" in comment.text
    assert comment.url == f"{blog.base_url}/lease/#isso-1"
    assert comment.published_at is not None
    assert abs(comment.published_at - datetime.now(UTC)) < timedelta(minutes=3)

    blog.answers.clear()
    assert ear.hear_all() == {"site": [], "atom": [], "comments": []}
    assert blog.answers
    assert {status for _, status in blog.answers} == {304}


def test_where_the_feed_has_excerpts_the_whole_text_is_read_from_the_page_once(tmp_path: Path) -> None:
    with blog_engine(tmp_path / "blog", excerpts_only=True) as blog:
        blog.post("lease", "Leases without folders", "Ada Mintworth", POSTED, LEASE)
        blog.publish()
        ear = Ear(configured(blog, tmp_path))
        (lease,) = ear.hear("site")
        assert lease.title == "Leases without folders"
        assert all(paragraph.replace("*", "") in " ".join(lease.text.split()) for paragraph in LEASE)
        assert "Proudly powered by" not in lease.text
        assert blog.answers["/lease/", 200] == 1
        assert ear.hear("site") == []
        assert blog.answers["/lease/", 200] == 1


def test_an_edited_post_arrives_again_under_its_key_and_a_new_comment_is_heard(blog: BlogEngine, app: App) -> None:
    ear = Ear(app)
    first = ear.hear_all()
    blog.post("lease", "Leases without folders", "Ada Mintworth", POSTED, [*LEASE, "Update: the boot of the car is empty now."])
    blog.publish()
    blog.comment("lease", "Dov Abernethy", "Quillon lost my lease twice. Terrible.")
    again = ear.hear_all()
    for source in ("site", "atom"):
        before = {one.key: content_hash(one) for one in first[source]}
        after = {one.key: content_hash(one) for one in again[source]}
        assert set(after) <= set(before)
        changed = [one for one in again[source] if before[one.key] != after[one.key]]
        assert [(one.title, "the boot of the car is empty" in one.text) for one in changed] == [("Leases without folders", True)]
    known = {one.key for one in first["comments"]}
    assert [one.author.display_name for one in again["comments"] if one.key not in known] == ["Dov Abernethy"]


# ----------------------------------------------------------------------------------------------- the whole pipeline


def test_the_whole_chain_hears_edits_and_comments_once(blog: BlogEngine, app: App) -> None:
    with app.open_store(NOW) as store:
        first = run_pass(app, store, NOW)
        assert first.worked
        assert (first.heard.collected.saved.new, first.heard.collected.saved.changed) == (5, 0)
        assert first.made.understood == 5

        second = run_pass(app, store, NOW + timedelta(minutes=30))
        assert second.worked
        assert (second.heard.collected.saved.new, second.heard.collected.saved.changed, second.made.understood) == (0, 0, 0)

        blog.comment("lease", "Dov Abernethy", "Quillon lost my lease twice. Terrible.")
        blog.post("lease", "Leases without folders", "Ada Mintworth", POSTED, [*LEASE, "Update: the boot is empty now."])
        blog.publish()
        third = run_pass(app, store, NOW + timedelta(hours=1))
        assert (third.heard.collected.saved.new, third.heard.collected.saved.changed) == (1, 2)
        assert third.made.understood == 3
