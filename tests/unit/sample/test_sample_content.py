"""The sample's people and posts hold together, and what is expected of them (tests/data) names them all."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.core.mention import normal_handle
from listener.sample.content import POSTS, Post, Sample, content_file, load

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
EXPECTED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "sample_expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample() -> Sample:
    return load(NOW)


@pytest.fixture(scope="module")
def customers() -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(content_file("customers.csv").read_text(encoding="utf-8")))
    return {row["contact_id"]: row for row in rows}


def all_posts(sample: Sample) -> list[Post]:
    return [post for posts in sample.posts.values() for post in posts]


def test_sixty_customers_at_twenty_companies(customers: dict[str, dict[str, str]]) -> None:
    assert len(customers) == 60
    assert len({row["website"] for row in customers.values()}) == 20
    assert sum(bool(row["do_not_contact"]) for row in customers.values()) == 3
    assert {row[key] for row in customers.values() for key in row if key.endswith("_source")} == {"", "given", "public", "bought"}


def test_a_handle_has_a_source_and_belongs_to_one_customer(customers: dict[str, dict[str, str]]) -> None:
    for platform in ("mastodon", "x", "github", "blog"):
        handles = [normal_handle(row[f"handle_{platform}"]) for row in customers.values() if row[f"handle_{platform}"]]
        assert len(handles) == len(set(handles)) > 0
        assert all(bool(row[f"handle_{platform}"]) == bool(row[f"handle_{platform}_source"]) for row in customers.values())


def test_every_address_is_invented() -> None:
    for name in ("customers.csv", "listener.toml", *(f"{posts}.toml" for posts in (*POSTS, "people", "sources"))):
        text = content_file(name).read_text(encoding="utf-8").replace("@BASE@", "base.example")
        hosts = re.findall(r"(?:https?://|[\w.]@)((?:[\w-]+\.)+[a-z]+)", text)
        assert [host for host in hosts if not host.endswith(".example")] == [], name


def test_a_month_of_posts_that_ends_yesterday(sample: Sample) -> None:
    posts = all_posts(sample)
    assert 90 <= len(posts) <= 130
    assert len({post.id for post in posts}) == len(posts)
    assert min(post.published for post in posts).date() == NOW.date() - timedelta(days=29)
    assert max(post.published for post in posts).date() == NOW.date() - timedelta(days=1)


def test_only_the_day_counts() -> None:
    assert load(NOW) == load(NOW.replace(hour=23, minute=59))
    assert load(NOW) != load(NOW + timedelta(days=1))


def test_comments_follow_their_post_and_reposts_their_original(sample: Sample) -> None:
    comments = [post for post in all_posts(sample) if post.on]
    reposts = [post for post in all_posts(sample) if post.repost_of]
    assert comments
    assert reposts
    assert all(sample.post(post.on).published < post.published for post in comments if post.on)
    assert all(sample.post(post.repost_of).text == post.text for post in reposts if post.repost_of)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        load(NOW.replace(tzinfo=None))


# ------------------------------------------------------------------------------------------- what is expected of it


def test_every_post_is_expected_once(sample: Sample) -> None:
    assert set(EXPECTED["mentions"]) == {post.id for post in all_posts(sample)}
    told = [post_id for member in EXPECTED["cast"] for post_id in member["posts"]]
    assert sorted(told) == sorted(EXPECTED["mentions"])


def test_copies_and_reposts_are_expected(sample: Sample) -> None:
    assert tuple(EXPECTED["copies"].values()) == sample.outlets["planet"].copies
    for copy, original in EXPECTED["reposts"].items():
        assert sample.post(copy).text == sample.post(original).text


def test_expected_customers_are_known_and_the_others_bear_no_identifying_mark(
    sample: Sample, customers: dict[str, dict[str, str]]
) -> None:
    for member in EXPECTED["cast"]:
        marks = [mark for post_id in member["posts"] for mark in marks_of(sample.post(post_id))]
        owners = {contact for contact, row in customers.items() for mark in marks if mark in known_marks(row)}
        if member["posts"] == ["f15"]:  # a customer who speaks of swords only: nothing to link him for
            assert owners == {"QC-1002"}
        else:
            assert owners == ({member["contact_id"]} if member["contact_id"] else set()), member["who"]


def test_expected_do_not_contact(customers: dict[str, dict[str, str]]) -> None:
    for member in EXPECTED["cast"]:
        if contact := member["contact_id"]:
            assert bool(customers[contact]["do_not_contact"]) == member.get("do_not_contact", False)


def test_names_of_customers_are_borne_by_strangers(sample: Sample, customers: dict[str, dict[str, str]]) -> None:
    names = {f"{row['first_name']} {row['last_name']}": contact for contact, row in customers.items()}
    strangers = {member["who"] for member in EXPECTED["cast"] if member["role"] == "nobody" and member["posts"] != ["f15"]}
    assert strangers & set(names) == {"James Whitcombe", "Ana Pereira", "Niamh Corrigane"}


def marks_of(post: Post) -> set[str]:
    """What identifies a post's author: the account on the post's platform, the e-mail address, the link."""
    author = post.author
    if post.platform:
        return {f"{post.platform}:{normal_handle(getattr(author, post.platform) or '')}"}
    marks = {f"email:{author.email.lower()}"} if author.email else set()
    if author.url and (profile := re.fullmatch(r"https://([^/]+)/@(\w+)", author.url)):
        marks.add(f"mastodon:{profile[2]}@{profile[1]}")
    elif author.url:
        marks.add(f"blog:{author.url.removeprefix('https://').partition('/')[0]}")
    return marks


def known_marks(row: dict[str, str]) -> set[str]:
    mastodon = re.sub(r"https://([^/]+)/@(\w+)", r"\2@\1", row["handle_mastodon"])
    return {
        f"email:{row['email'].lower()}",
        f"mastodon:{normal_handle(mastodon)}",
        f"x:{normal_handle(row['handle_x'])}",
        f"blog:{row['handle_blog'].removeprefix('https://').rstrip('/')}",
    }
