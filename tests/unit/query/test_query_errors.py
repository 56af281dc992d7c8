"""What is no query is refused with what was expected and the character where, whatever it is."""

from __future__ import annotations

import pickle

import pytest

from listener.query import QueryError, parse

WRONG = [
    ("", 0, "the query is empty"),
    ("   ", 0, "the query is empty"),
    ("quillon AND", 11, 'expected a word, a "phrase", a group in brackets, a field (author:, followers:, lang:, site:'),
    ("AND quillon", 0, "expected a word"),
    ("a OR OR b", 5, "expected a word"),
    ("a NOT", 5, "after NOT"),
    ("(a OR b", 0, "the bracket that begins here is not closed"),
    ("a (b (c)", 2, "the bracket that begins here is not closed"),
    ("a) b", 1, "this ) closes nothing"),
    ('a ")" )', 6, "this ) closes nothing"),
    ("a ()", 3, "expected a word"),
    ('a "b c', 2, "the quote that begins here is not closed"),
    ("a NEAR b", 2, "expected NEAR/n with a number of words from 1 to 100"),
    ("a NEAR/0 b", 2, "expected NEAR/n"),
    ("a NEAR/x b", 2, "expected NEAR/n"),
    ("a NEAR/5", 8, "after NEAR/5"),
    ("a NEAR/5 (b c)", 10, "beside NEAR expected a word, a phrase"),
    ("a NEAR/5 lang:en", 9, "beside NEAR expected"),
    ("a NEAR/5 (b OR -c)", 15, "beside NEAR expected"),
    ("langs:en", 0, "there is no field langs:; expected one of: author, followers, lang, site, source, title, type"),
    ("see https://quillon.example", 4, "to search for the text, put it in quotes"),
    ("lang:", 5, "expected a value after lang"),
    ("lang: AND a", 6, "expected a value"),
    ("lang:english", 5, "lang: takes a language code such as en"),
    ("type:(post OR story)", 14, "type: takes one of: post, comment, repost"),
    ("followers:many", 10, "followers: takes a number such as >1000"),
    ("followers:9..1", 10, "followers: takes a number"),
    ("site:quillon.example/blog", 5, "site: takes a domain without https://"),
    ("author:@", 7, "author: takes a handle or a name"),
    ("lang:(title:x)", 6, "a field cannot stand within another (lang:)"),
    ("source:(a NEAR/2 b)", 8, "NEAR is about words of a text"),
    ("x -@nothing", 3, "no exclusion set has this name; expected one of: @giveaways, @jobs, @press"),
    ("*", 0, "an asterisk needs letters beside it"),
    ("a*", 0, "needs at least two letters"),
    ("a*b*c*d*e*f", 0, "a word may have 4 asterisks"),
    ("yes - no", 4, "nothing to search for"),
    ('"..."', 0, "nothing to search for"),
    ('"' + "a " * 31 + '"', 0, "a phrase may have 30 words, not 31"),
]


@pytest.mark.parametrize(("query", "position", "message"), WRONG, ids=[query or "empty" for query, _, _ in WRONG])
def test_the_place_and_what_was_expected(query: str, position: int, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert message in caught.value.message
    assert caught.value.position == position
    assert caught.value.brief.endswith(f", at character {position + 1}")


@pytest.mark.parametrize(
    "query",
    ["(" * 100_000, ")" * 100_000, "(" * 4_000 + "a" + ")" * 4_000, "-" * 9_000 + "a", "NOT " * 2_000 + "a", "a OR " * 1_999,
     "a " * 2_500,     '"' * 9_999, "lang:" * 1_900, "a NEAR/1 " * 1_100, "@" * 5_000, "((a OR b) " * 999, "*" * 9_000],
    ids=lambda query: query[:8],
)  # fmt: skip
def test_hostile_queries_get_a_clear_error(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert len(str(caught.value).splitlines()) == 3
    assert len(str(caught.value)) < 700


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(QueryError) as caught:
        parse("奎隆 \t\ud800 AND")
    _, query, caret = str(caught.value).splitlines()
    assert query == "  奎隆  \ufffd AND"
    assert caret == "  " + " " * 11 + "^", "two columns for each of the wide letters"


def test_long_queries_are_shown_around_the_place() -> None:
    with pytest.raises(QueryError) as caught:
        parse("word " * 100 + "langs:x " + "word " * 100)
    _, query, caret = str(caught.value).splitlines()
    assert query.startswith("  …")
    assert query.endswith("…")
    assert query[caret.index("^") :].startswith("langs:x")


def test_errors_in_a_set_show_the_set() -> None:
    with pytest.raises(QueryError) as caught:
        parse("x -@outer", {"outer": "y OR @inner", "inner": "lang:english"})
    assert caught.value.message.startswith("in the exclusion set @inner: lang: takes")
    assert (caught.value.query, caught.value.position) == ("lang:english", 5)
    with pytest.raises(QueryError, match="contain itself"):
        parse("@a", {"a": "b OR @a"})


def test_sets_that_multiply_each_other_are_refused() -> None:
    sets = {f"s{number}": " OR ".join([f"@s{number + 1}"] * 10) for number in range(9)} | {"s9": "word"}
    with pytest.raises(QueryError, match="more than 2,000 words and fields"):
        parse("@s0", sets)
    chain = {f"s{number}": f"@s{number + 1}" for number in range(99)} | {"s99": "word"}
    with pytest.raises(QueryError, match="within each other"):
        parse("@s0", chain)


def test_an_error_can_be_pickled() -> None:
    with pytest.raises(QueryError) as caught:
        parse("a OR")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.position) == (str(caught.value), 4)
