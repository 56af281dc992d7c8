"""The invented people and posts, read from ``content/*.toml``, with the times of a given day.

Posts say how many days ago they were written, at least one; so the month always ends yesterday, and nothing ever lies in
the future. Everything here depends on ``now`` alone: the same day gives the same sample, to the byte.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from listener.core.times import as_utc

POSTS = ("clause", "forum", "notes", "blog", "comments", "export")
"""The files with posts; each is one source, but for the comments, which belong to the blog."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes. ``mastodon`` is ``user@instance``, ``x`` a bare handle."""

    key: str
    name: str
    email: str | None = None
    url: str | None = None
    mastodon: str | None = None
    x: str | None = None
    shown_as: str | None = None
    bio: str | None = None
    links: tuple[str, ...] = ()
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One post; ``text`` is plain, paragraphs apart by an empty line, quoted lines begin with ``>``."""

    id: str
    author: Person
    published: datetime
    text: str
    title: str | None = None
    language: str | None = None
    platform: str | None = None
    """Of a post in the export."""
    slug: str | None = None
    """The last part of a blog post's address."""
    on: str | None = None
    """The blog post that a comment belongs to."""
    repost_of: str | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    """A place where posts appear: what it is called, and where the sample serves it."""

    title: str
    path: str
    site: str = ""
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """All of it. ``posts`` holds the posts of each source, newest first."""

    outlets: Mapping[str, Outlet]
    posts: Mapping[str, tuple[Post, ...]]

    def post(self, post_id: str) -> Post:
        return next(post for posts in self.posts.values() for post in posts if post.id == post_id)


def content_file(name: str) -> Traversable:
    """A file of the sample's content, as it is packaged."""
    return files("listener.sample") / "content" / name


def load(now: datetime) -> Sample:
    """The sample as of the day of ``now`` (aware)."""
    today = as_utc(now)
    people = {key: _person(key, entry) for key, entry in _table("people").items()}
    outlets = {key: Outlet(**{**entry, "copies": tuple(entry.get("copies", ()))}) for key, entry in _table("sources").items()}
    posts = {
        source: tuple(
            sorted((_post(entry, people, today) for entry in _table(source)["post"]), key=lambda p: p.published, reverse=True)
        )
        for source in POSTS
    }
    return Sample(outlets, posts)


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(content_file(f"{name}.toml").read_text(encoding="utf-8"))


def _person(key: str, entry: Mapping[str, Any]) -> Person:
    return Person(key=key, **{**entry, "links": tuple(entry.get("links", ()))})


def _post(entry: Mapping[str, Any], people: Mapping[str, Person], today: datetime) -> Post:
    rest = {key: value for key, value in entry.items() if key not in {"author", "days_ago", "at", "text"}}
    day = today.date() - timedelta(days=entry["days_ago"])
    published = datetime.combine(day, time.fromisoformat(entry["at"]), tzinfo=UTC)
    return Post(author=people[entry["author"]], published=published, text=entry["text"].strip(), **rest)
