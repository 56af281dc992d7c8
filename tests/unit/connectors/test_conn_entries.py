"""Entries to mentions: ids that are stable and apart."""

from datetime import UTC, datetime

import pytest

from connectors._entries import canonical, items_of
from connectors._raw import RawEntry, RawFeed
from listener.core.mention import Kind
from tests.unit.connectors.conn_door import NOW


def found(*entries: RawEntry, kind: Kind | None = None):
    return items_of(RawFeed("rss20", entries), origin="o", url="https://b.example/", now=NOW, kind=kind)


def ids(*entries: RawEntry) -> list[str]:
    return [mention.external_id for mention in found(*entries).mentions]


def test_the_guid_counts_then_the_link_then_the_content():
    one, two, three = ids(RawEntry(id=" g ", link="/a"), RawEntry(link="/a?utm_source=x"), RawEntry(text="words"))
    assert (one, two) == ("g", "https://b.example/a")
    assert three.startswith("content:")
    assert ids(RawEntry(text=" WORDS")) == [three]


def test_an_id_of_any_length_is_stable():
    long = ids(RawEntry(id="x" * 5000))
    assert long == ids(RawEntry(id="x" * 5000, title="other"))
    assert len(long[0]) < 100


def test_entries_that_share_an_id_are_all_kept_if_they_differ():
    a, b = RawEntry(id="1", link="/a", text="A"), RawEntry(id="1", link="/b", text="B")
    both = ids(a, b)
    assert len(set(both)) == 2
    assert all(name.startswith("1#") for name in both)


def test_new_ids_do_not_depend_on_the_place():
    a, b, c = (RawEntry(id="1", link=f"/{n}", text=n) for n in "abc")
    assert ids(a, b) == ids(c, a, b)[1:] == ids(b, a)[::-1]


def test_an_edit_keeps_the_id_where_links_differ():
    a, b = RawEntry(id="1", link="/a", text="A"), RawEntry(id="1", link="/b", text="B")
    assert ids(a, b)[0] == ids(RawEntry(id="1", link="/a", text="A, edited"), b)[0]


def test_entries_with_one_id_and_one_link_are_told_apart_by_content():
    assert len(set(ids(RawEntry(id="1", link="/a", text="A"), RawEntry(id="1", link="/a", text="B")))) == 2


def test_a_repeated_entry_is_dropped_with_its_reason():
    same = RawEntry(id="1", link="/a", text="A")
    result = found(same, same, RawEntry(id="2"))
    assert [mention.external_id for mention in result.mentions] == ["1", "2"]
    assert [(rejected.item, rejected.reason[:10]) for rejected in result.rejected] == [("entry 2", "it repeats")]


def test_an_entry_that_says_nothing_is_named():
    assert [rejected.item for rejected in found(RawEntry(), RawEntry(id="1"), RawEntry(title=" ")).rejected] == [
        "entry 1",
        "entry 3",
    ]


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        (NOW.timestamp(), True),
        (NOW.timestamp() + 80_000, True),
        (NOW.timestamp() + 90_000, False),
        (0.0, False),
        (-62135596800.0, False),
        (1e18, False),
        (float("nan"), False),
        (datetime(1999, 1, 1, tzinfo=UTC).timestamp(), True),
    ],
)
def test_dates_that_mean_nothing_are_left_out_and_counted(seconds, kept):
    result = found(RawEntry(id="1", published=seconds, date_given=True))
    assert (result.mentions[0].published_at is not None) is kept
    assert result.undated == (0 if kept else 1)


def test_a_missing_date_is_not_a_wrong_one():
    assert found(RawEntry(id="1")).undated == 0


@pytest.mark.parametrize(
    ("title", "is_html", "plain"),
    [
        ("A &amp; B <b>c</b>", True, "A & B c"),
        ("A &amp; B", False, "A &amp; B"),
        ("3 < 4 & 5", True, "3 < 4 & 5"),
        ("two\n lines\x00", True, "two lines"),
        ("<script>x()</script>", True, None),
        ("x" * 3000, False, "x" * 1000),
    ],
)
def test_titles_are_plain(title, is_html, plain):
    mention = found(RawEntry(id="1", title=title, title_is_html=is_html)).mentions[0]
    assert mention.title == plain or plain is None


def test_kind_by_the_feed_or_by_the_entry():
    assert found(RawEntry(id="1", reply=True)).mentions[0].kind is Kind.COMMENT
    assert found(RawEntry(id="1")).mentions[0].kind is Kind.POST
    assert found(RawEntry(id="1"), kind=Kind.COMMENT).mentions[0].kind is Kind.COMMENT


@pytest.mark.parametrize(("language", "kept"), [("en-GB", "en-GB"), ("de", "de"), ("english please", None), ("", None)])
def test_languages_must_look_like_one(language, kept):
    assert found(RawEntry(id="1", language=language)).mentions[0].language == kept


@pytest.mark.parametrize(
    ("link", "short"),
    [
        ("https://b.example/a?utm_source=x&id=1&fbclid=y", "https://b.example/a?id=1"),
        ("https://b.example/a?utm_source=x#c", "https://b.example/a#c"),
        ("https://b.example/a#comment-3", "https://b.example/a#comment-3"),
    ],
)
def test_canonical_links_lose_campaigns_only(link, short):
    assert canonical(link) == short
