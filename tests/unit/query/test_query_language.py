"""What queries find and what they do not: one line for each promise of docs/queries.md."""

from __future__ import annotations

import pickle

import pytest

from listener.core.mention import Author, Kind, Mention
from listener.query import Document, parse
from listener.query.document import document_of
from listener.query.words import glob
from tests.support.spending import within

FOUND = [
    # words
    ("quillon", "I like QUILLON.", True),
    ("quillon", "I like quillons.", False),
    ("quillon", "Quillon™ and #Quillon", True),
    ("quillon", "ｑｕｉｌｌｏｎ, wide", True),
    ("quillon", "Qu\u200bill\u00adon hides", True),
    ("quillon", "qu\x00illon", False),
    ("straße", "STRASSE", True),
    ("e-mail", "an e‑mail, an e mail", True),
    ("e-mail", "email", False),
    ("don't", "I don’t", True),
    ("हिन्दी", "यह हिन्दी है", True),
    ("हिन", "यह हिन्दी है", False),
    ("奎隆", "我很喜欢奎隆应用", True),
    ("隆奎", "我很喜欢奎隆应用", False),
    ("퀼론", "저는 퀼론은 좋아요", True),
    ("quillon", "我用Quillon很好", True),
    ("🎉", "done 🎉!", True),
    ("👍", "👍🏽", True),
    # signs that belong to a word
    ("#quillon", "so #Quillon", True),
    ("#quillon", "so Quillon", False),
    ('"@quillon"', "thanks @quillon!", True),
    ('"@quillon"', "thanks quillon!", False),
    ("c++", "written in C++.", True),
    ("c++", "written in C, C# or c+", False),
    ("100%", "I am 100% sure", True),
    ("100%", "1000 or 100 things", False),
    # phrases
    ('"quillon flow"', "Quillon-Flow", True),
    ('"quillon flow"', "Quillon, the Flow", False),
    ("“quillon flow”", "the quillon   flow", True),
    ('"the * flow"', "the quillon flow", True),
    ('"the * flow"', "the flow", False),
    ('"quill* flow"', "Quillon Flow", True),
    # wildcards
    ("quill*", "quill and Quillons", True),
    ("*lon", "Quillon", True),
    ("q*n", "Quillon", True),
    ("q*n", "Quillons", False),
    # operators
    ("quillon crash", "crash in quillon", True),
    ("quillon AND crash", "quillon", False),
    ("quillon OR brimtel", "brimtel", True),
    ("a OR b c", "a", True),
    ("(a OR b) c", "a", False),
    ("NOT quillon", "brimtel", True),
    ("crash -quillon", "a crash of quillon", False),
    ("terms and conditions", "conditions and terms", True),
    ("near", "nearby", False),
    # NEAR
    ("quillon NEAR/3 crash", "a crash in my quillon", True),
    ("quillon NEAR/2 crash", "a crash in my quillon", False),
    ("quillon NEAR/1 flow", "flow quillon", True),
    ('"quillon flow" NEAR/2 (crash* OR freez*)', "freezing quillon flow", True),
    ("quillon NEAR/3 quillon", "one quillon only", False),
    ("quillon NEAR/3 quillon", "quillon or quillon", True),
    ("a NEAR/1 b NEAR/1 c", "a b c", True),
    ("a NEAR/1 b NEAR/1 c", "b a x c", False),
    ("NOT a NEAR/1 b", "a b", False),
    # exclusion sets that come with the program
    ("quillon -@jobs", "Quillon: we're hiring! Apply now", False),
    ("quillon -@jobs", "Quillon does the job for our hiring team", True),
    ("quillon NOT @giveaways", "Giveaway! Follow and retweet to win Quillon", False),
    ("quillon NOT @press", "FOR IMMEDIATE RELEASE: Quillon grows", False),
]


@pytest.mark.parametrize(("query", "text", "found"), FOUND)
def test_words_and_operators(query: str, text: str, found: bool) -> None:
    asked = parse(query)
    assert asked.matches(Document(text=text)) is found
    assert parse(str(asked)) == asked


POST = Document(
    text="It crashed again.",
    title="Quillon Flow 2",
    source="Company Blog",
    handle="@Ada@social.example",
    name="Ada Lovelace-Byron",
    language="en-GB",
    url="https://www.news.example:8443/a?b=c",
    type="comment",
    followers=1_000,
)


@pytest.mark.parametrize(
    "query",
    [
        'source:"company blog"', "source:company*", "author:ada", "author:@ada", "author:ada@social.example", "author:lovelace",
        'author:"ada love*"', "lang:en", "lang:EN-gb", "site:news.example", "site:example", "site:www.news.example",
        "type:comment", "type:(post OR comment)", "followers:1000", "followers:1k", "followers:>999", "followers:>=1000",
        "followers:<1001", "followers:<=1000", "followers:100..1000", "followers:1000..", "followers:..1m",
        "followers:(<10 OR >20)", "title:flow", 'title:"quillon flow"', "title:(quillon NEAR/2 2)", "title:(flow -crashed)",
        "quillon crashed", "lang:(NOT de)", "LANG:en", "site:*.news.example",
    ],
)  # fmt: skip
def test_fields_that_hold(query: str) -> None:
    asked = parse(query)
    assert asked.matches(POST)
    assert not parse(f"NOT ({query})").matches(POST)
    assert parse(str(asked)) == asked


@pytest.mark.parametrize(
    "query",
    [
        "source:blog", "source:company", "author:ad", "author:@lovelace", "author:byron-ada", "lang:de", "lang:en-us", "lang:eng",
        "site:ews.example", "site:a.news.example", "type:post", "followers:>1000", "followers:<1000", "followers:1..999",
        "title:crashed", '"2 it"', "2 NEAR/100 it", "title:(flow crashed)",
    ],
)  # fmt: skip
def test_fields_that_do_not_hold(query: str) -> None:
    assert not parse(query).matches(POST)


@pytest.mark.parametrize(
    "query", ["source:a*", "author:a*", "lang:en", "site:example", "type:post", "followers:<9", "title:a", "a"]
)
def test_what_is_not_known_matches_no_condition(query: str) -> None:
    assert not parse(query).matches(Document())
    assert parse(f"-{query}").matches(Document())


@pytest.mark.parametrize("url", ["http://[broken", "https://", "nonsense", "http://a..example/"])
def test_a_broken_address_is_no_site(url: str) -> None:
    assert not parse("site:news.example").matches(Document(url=url))


def test_a_site_in_other_letters_is_found_however_it_is_written() -> None:
    for query in ("site:bücher.example", "site:xn--bcher-kva.example"):
        assert parse(query).matches(Document(url="https://shop.xn--bcher-kva.example/x"))
        assert parse(query).matches(Document(url="https://BÜCHER.example/x"))


def test_a_mention_becomes_a_document() -> None:
    author = Author(handle="ada", display_name="Ada", followers=7)
    heard = Mention("x", "x.example", "1", "text", author, "title", "https://x.example/1", kind=Kind.REPOST, language="en")
    expected = Document("text", "title", "news", "ada", "Ada", "en", "https://x.example/1", "repost", 7)
    assert document_of(heard, "news") == expected
    assert document_of(heard, "news", "de").language == "de"


def test_own_sets_go_before_the_presets_and_may_use_others() -> None:
    sets = {"Jobs": "vacancy", "noise": "@jobs OR spam"}
    assert parse("x -@JOBS", sets).matches(Document(text="x: we are hiring"))
    assert not parse("x -@noise", sets).matches(Document(text="x vacancy"))
    assert str(parse("x -@Noise", sets)) == "x AND NOT @noise"


def test_queries_are_equal_by_their_parts_and_can_be_pickled() -> None:
    asked = parse('a  (b OR "c d") -author:x')
    assert asked == parse('a AND (b OR "c d") AND NOT author:x')
    assert pickle.loads(pickle.dumps(asked)) == asked
    assert hash(asked) == hash(pickle.loads(pickle.dumps(asked)))


@pytest.mark.parametrize(
    ("pattern", "word", "fits"),
    [
        ("a*", "a", True),
        ("a*a", "a", False),
        ("*ab*ab*", "abab", True),
        ("a*b*c", "abc", True),
        ("a*bc*c", "abc", False),
        ("*", "", True),
    ],
)
def test_patterns(pattern: str, word: str, fits: bool) -> None:
    assert glob(pattern, word) is fits


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a*a*a*ab", "a" * 300_000),
        ('"a a a a a a a a a b"', "a " * 100_000),
        ("a NEAR/100 a NEAR/100 a NEAR/100 b", "a " * 100_000),
        ("quill*", "q" * 1_000_000),
        ("x", "\u0301" * 300_000 + "\u200b" * 300_000),
        ("奎隆", "奎" * 300_000),
    ],
)
def test_hostile_texts_take_time_in_proportion_to_their_length(query: str, text: str) -> None:
    asked = parse(query)
    assert not within(10, lambda: asked.matches(Document(text=text)))  # a backtracking search would take hours
