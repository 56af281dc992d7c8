"""What is read out of Mastodon's statuses: the same post and author whichever instance gave it, and only what is public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors._mastodon_statuses import mention_of
from connectors.mastodon import SPEC
from listener.core.errors import BadItem
from listener.core.mention import Author, Kind, Markup, Mention, author_key
from nlp.text import to_text
from tests.unit.connectors.conn_social import Bench, answer, bench, golden, mentions, reasons, status

TAG = "/api/v1/timelines/tag/quillon"


@pytest.fixture
def instance() -> Iterator[Bench]:
    with bench(SPEC, "instance", tags=("#quillon",)) as one:
        one.site[TAG] = answer(golden("mastodon/tag_timeline.json"))
        yield one


def test_a_golden_status_becomes_a_mention(instance):
    pages = instance.run()
    first, reply = mentions(pages)
    assert first == Mention(
        platform="mastodon",
        origin="tools.example",
        external_id="https://tools.example/users/mira/statuses/115989999999999001",
        text=first.text,
        url="https://tools.example/@mira/115989999999999001",
        author=Author(
            service_id="https://tools.example/users/mira",
            handle="mira@tools.example",
            display_name="Mira Lindqvist",
            profile_url="https://tools.example/@mira",
            bio="Data engineer at Harbor . Cats & kilns.",
            links=("https://mira.example", "https://github.com/mira-lq"),
            followers=412,
            following=230,
            created_year=2022,
        ),
        published_at=datetime(2026, 1, 31, 20, 15, tzinfo=UTC),
        markup=Markup.HTML,
        language="en",
        engagement=18,
    )
    assert to_text(first.text, first.markup) == (
        "Two weeks with #Quillon and I am sold. Notes: https://mira.example/notes/quillon-after-two-weeks"
    )
    assert (reply.kind, reply.title, reply.language, reply.engagement) == (Kind.COMMENT, "Billing rant", "de", 0)
    assert (reply.author.handle, reply.author.display_name, reply.author.followers) == ("jonas@social.example", "jonas", None)
    assert reasons(pages) == {
        "115990000000000101": "not public (its visibility is unlisted)",
        "115990000000000100": "without words",
    }


def test_one_post_and_one_author_through_two_instances_are_one():
    def seen_through(host: str, id_: str, account: str, acct: str) -> Mention:
        person = {"id": account, "acct": acct, "uri": "https://tools.example/users/mira", "url": "https://tools.example/@mira"}
        uri = "https://tools.example/users/mira/statuses/1"
        return mention_of({**status(1), "id": id_, "uri": uri, "account": person}, host)

    home = seen_through("tools.example", "1", "7", "mira")
    away = seen_through("social.example", "99", "1090001", "mira@tools.example")
    assert home.key == away.key
    assert author_key(home) == author_key(away)
    assert home.author.handle == away.author.handle == "mira@tools.example"


def test_a_boost_is_a_repost_of_the_original():
    (boost,) = (mention_of(one, "social.example") for one in golden("mastodon/account_statuses.json"))
    assert (boost.kind, boost.repost_of) == (Kind.REPOST, "https://tools.example/users/mira/statuses/115989999999999001")
    assert boost.author.handle == "jonas@social.example"
    assert boost.external_id == "https://social.example/users/jonas/statuses/115990000000000200/activity"
    assert "I am sold" in boost.text


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct", "new kind", None, 7])
def test_what_is_not_for_everybody_is_not_heard(visibility):
    with pytest.raises(BadItem, match="not public"):
        mention_of(status(1, visibility=visibility), "social.example")
    with pytest.raises(BadItem, match="not public"):
        mention_of(status(1, reblog=status(2, visibility=visibility)), "social.example")


@pytest.mark.parametrize(
    ("uri", "url", "origin"),
    [
        ("tag:old.example,2017:objectId=1", "https://old.example/@jo/1", "old.example"),
        ("tag:old.example,2017:objectId=1", None, "asked.example"),
        ("http://[", "javascript:alert(1)", "asked.example"),
    ],
)
def test_the_origin_is_where_the_post_belongs(uri, url, origin):
    mention = mention_of(status(1, uri=uri, url=url), "asked.example")
    assert mention.origin == origin
    assert mention.url is None or mention.url.startswith("https://")


def test_odd_records_cost_themselves_only(instance):
    odd = [
        None,
        7,
        {},
        status(1, content=None),
        status(2, account=7),
        status(3, account={"fields": [1, {"value": 2}], "note": 5}),
    ]
    instance.site[TAG] = answer([*odd, status(4, created_at="never", language=9, reblog="x", replies_count="3")])
    pages = instance.run()
    assert [one.external_id[-1] for one in mentions(pages)] == ["2", "3", "4"]
    assert mentions(pages)[-1].engagement == 3
    assert len(reasons(pages)) == 4
