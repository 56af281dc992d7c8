"""X's records as mentions: golden data in both vocabularies, and records that are not as promised."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._x_reading import entries_of, gone, made_at, there
from listener.core.errors import SourceProtocolError
from listener.core.mention import Author, Kind, Mention, Rejected
from tests.support.x_api import post_id

DATA = Path(__file__).parents[2] / "data" / "x"
VOCABULARIES = ["search_tweet_names.json", "search_post_names.json"]


def golden(name):
    return json.loads((DATA / name).read_text())


def only(record, **body):
    (entry,) = entries_of({"data": [record], **body}, "x")
    return entry.item


@pytest.fixture(params=VOCABULARIES)
def mentions(request):
    return [entry.item for entry in entries_of(golden(request.param), "x")]


def test_a_reply_is_a_comment_with_everything_that_x_says_of_its_author(mentions):
    first = mentions[0]
    assert first == Mention(
        platform="x",
        origin="x.com",
        external_id="2019718465536000001",
        text="@quillon_demo Flow Board <3 & the new view: https://ada.example/notes?x=1 saved us a day",
        author=Author(
            service_id="501",
            handle="ada_k_demo",
            display_name="Ada Kessler",
            profile_url="https://x.com/ada_k_demo",
            bio="Runs operations at a bakery. https://t.co/bio00001",
            location="Graz",
            links=("https://ada.example/", "https://bakery.example/team"),
            followers=310,
            following=120,
            created_year=2014,
            verified=False,
        ),
        url="https://x.com/ada_k_demo/status/2019718465536000001",
        published_at=datetime(2026, 2, 6, 10, 30, tzinfo=UTC),
        kind=Kind.COMMENT,
        language="en",
        engagement=19,
    )


def test_a_quote_is_a_post_and_a_long_post_is_read_whole(mentions):
    quote = mentions[1]
    assert quote.kind is Kind.POST
    assert quote.text.endswith("and that is why we stayed. https://grace.example/long")
    assert "…" not in quote.text
    assert quote.language is None


def test_a_repost_says_what_it_reposts(mentions):
    assert (mentions[2].kind, mentions[2].repost_of) == (Kind.REPOST, "2019718465536000001")


def test_an_edited_post_keeps_its_first_id_and_moment(mentions):
    edited = mentions[3]
    assert edited.external_id == "2019703366144000004"
    assert edited.published_at == made_at("2019703366144000004")


def test_a_post_without_its_author_is_kept_with_the_authors_id(mentions):
    assert mentions[3].author == Author(service_id="599")
    assert mentions[3].url == "https://x.com/i/web/status/2019703366144000004"


def test_a_record_without_text_costs_itself_only(mentions):
    assert mentions[4] == Rejected("2019703366144000005", "without text")
    assert isinstance(mentions[5], Rejected)


def test_the_place_of_a_post_is_the_moment_in_its_id():
    at = datetime(2026, 2, 6, 10, 30, 15, 123_000, tzinfo=UTC)
    assert made_at(post_id(at, 5)) == at
    assert made_at("20") is None


def test_links_that_lead_nowhere_safe_stay_short():
    urls = [{"url": "https://t.co/a", "expanded_url": "javascript:alert(1)"}, {"url": "https://t.co/b", "expanded_url": 5}]
    assert only({"id": "5", "text": "see https://t.co/a https://t.co/b", "entities": {"urls": urls}}).text.endswith(
        "/a https://t.co/b"
    )


def test_an_entity_cannot_rewrite_the_text():
    urls = [{"url": "bad", "expanded_url": "https://x.example/good"}]
    assert only({"id": "5", "text": "a bad day", "entities": {"urls": urls}}).text == "a bad day"


def test_a_text_of_pictures_only_is_kept():
    urls = [{"url": "https://t.co/a", "expanded_url": "https://x.com/a/status/5/photo/1", "media_key": "3_1"}]
    assert only({"id": "5", "text": "https://t.co/a", "entities": {"urls": urls}}).text == "https://t.co/a"


@pytest.mark.parametrize("handle", ["../../evil", "a b", "x" * 16, 5, None])
def test_a_handle_that_cannot_be_one_is_not_put_into_an_address(handle):
    users = {"users": [{"id": "7", "username": handle, "name": "N"}]}
    mention = only({"id": "5", "text": "t", "author_id": "7"}, includes=users)
    assert (mention.url, mention.author.profile_url) == ("https://x.com/i/web/status/5", None)


@pytest.mark.parametrize("data", [{"id": "1"}, "text", 5, True])
def test_data_that_is_no_list_is_an_error(data):
    with pytest.raises(SourceProtocolError):
        entries_of({"data": data}, "x")


_POST = [
    "id",
    "text",
    "author_id",
    "created_at",
    "lang",
    "public_metrics",
    "like_count",
    "entities",
    "urls",
    "url",
    "expanded_url",
]
_LINKS = ["referenced_tweets", "referenced_posts", "type", "edit_history_tweet_ids", "edit_history_post_ids", "note_tweet"]
_REST = ["note_post", "users", "username", "verified", "withheld", "country_codes", "resource_id"]
NAMES = st.sampled_from([*_POST, *_LINKS, *_REST])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["5", "https://t.co/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=8), max_size=5), VALUES, VALUES)
def test_whatever_x_answers_every_record_becomes_a_mention_or_is_rejected(found, includes, errors):
    body = {"data": found, "includes": includes, "errors": errors}
    read = entries_of(body, "x")
    assert len(read) >= len(found)
    for entry in read:
        assert isinstance(entry.item, Mention | Rejected)
        assert entry.id
    assert gone(body, ["5"]) <= {"5"}
    assert there(body, ["5"]) <= {"5"}
