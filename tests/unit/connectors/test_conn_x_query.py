"""Queries for X: every name and account is asked for, in as few queries as their length allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._x_query import (
    LONGEST,
    account,
    accounts,
    author_clauses,
    mention_clauses,
    name_clauses,
    packed,
    query,
    room,
    tail,
)
from listener.core.brand import Target, TargetKind
from tests.support.x_queries import parse
from tests.unit.connectors.conn_x import brand

WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30)
NAME = st.lists(WORD, min_size=1, max_size=40).map(" ".join)
HANDLE = st.from_regex(r"[a-z0-9_]{1,15}", fullmatch=True)


class Text:
    def __init__(self, text: str) -> None:
        self.text, self.more, self.author = text, {}, None


def product(name: str, **more: object) -> Target:
    return Target(f"b/{name}", TargetKind.PRODUCT, "b", name, **more)


def asked(clauses, left_out="-is:retweet"):
    return [query(group, left_out) for group in packed(clauses, left_out)]


def test_names_aliases_and_products_are_one_query_of_quoted_phrases():
    assert asked(name_clauses([brand()])) == ['("Quillon" OR "Quillon Inc" OR "Flow Board") -is:retweet']


def test_one_name_needs_no_parentheses():
    assert asked(name_clauses([brand(product("Flow"))])) == ['"Flow" -is:retweet']


def test_competitors_are_not_asked_for():
    rival = Target("b/vs/r", TargetKind.COMPETITOR, "b", "Rival")
    assert name_clauses([brand(product("Flow"), rival)]) == ('"Flow"',)


def test_an_ambiguous_name_is_asked_for_beside_its_context_only():
    ambiguous = product("Flow", aliases=("Flow Board Pro",), ambiguous=True, context=("kanban", "sprint board"))
    assert name_clauses([brand(ambiguous)]) == ('("Flow" ("kanban" OR "sprint board"))', '"Flow Board Pro"')
    matches = parse(asked(name_clauses([brand(ambiguous)]))[0])
    assert matches(Text("flow for kanban"))
    assert not matches(Text("the flow of the river"))


def test_an_ambiguous_name_without_context_never_counts_and_is_not_paid_for():
    assert name_clauses([brand(product("Flow", ambiguous=True))]) == ()


def test_quotes_in_a_name_cannot_break_out_of_the_query():
    (only,) = name_clauses([brand(product('Flow" OR from:somebody OR "'))])
    assert only.count('"') == 2


def test_a_name_without_letters_or_digits_cannot_be_searched_for():
    assert name_clauses([brand(product("!!!"))]) == ()


def test_what_the_mentions_bring_and_what_we_write_is_left_out():
    assert tail(["quillon"], ["quillon", "quillon_help"]) == "-is:retweet -@quillon -from:quillon -from:quillon_help"


@given(st.lists(HANDLE, max_size=60), st.lists(HANDLE, max_size=60))
def test_what_is_left_out_never_takes_the_room_of_what_is_asked_for(mentioned, own):
    assert len(tail(mentioned, own)) <= 200


@given(st.lists(NAME, min_size=1, max_size=60, unique=True), st.lists(HANDLE, max_size=20))
def test_every_name_is_found_by_a_query_and_every_query_is_short_enough(names, own):
    left_out = tail(own, own)
    clauses = name_clauses([brand(*map(product, names))], room(left_out))
    queries = asked(clauses, left_out)
    assert all(len(one) <= LONGEST for one in queries)
    found = [parse(one.removesuffix(left_out)) for one in queries]
    for name in names:
        assert any(matches(Text(name)) for matches in found), name


@given(st.lists(WORD, min_size=1, max_size=60, unique=True))
def test_every_word_of_context_is_asked_for(words):
    ambiguous = product("Flow", ambiguous=True, context=tuple(words))
    queries = asked(name_clauses([brand(ambiguous)], room("-is:retweet")))
    assert all(len(one) <= LONGEST for one in queries)
    found = [parse(one) for one in queries]
    assert all(any(matches(Text(f"Flow {word}")) for matches in found) for word in words)


@given(st.lists(HANDLE, min_size=1, max_size=150, unique=True))
def test_every_account_is_in_exactly_one_query(handles):
    groups = packed(author_clauses(handles), "-is:retweet")
    assert sorted(clause for group in groups for clause in group) == sorted(author_clauses(handles))
    assert all(len(query(group, "-is:retweet")) <= LONGEST for group in groups)


@given(st.lists(HANDLE, min_size=2, max_size=150, unique=True))
def test_no_two_queries_could_be_one(handles):
    groups = packed(mention_clauses(handles), "")
    for number, group in enumerate(groups[1:], start=1):
        for earlier in groups[:number]:
            assert len(query([*earlier, group[0]], "")) > LONGEST


def test_a_name_added_at_the_end_leaves_the_other_queries_as_they_are():
    handles = [f"account_{number}" for number in range(60)]
    before, after = packed(author_clauses(handles), ""), packed(author_clauses([*handles, "zz"]), "")
    assert len(before) > 1
    assert after[1:] == before[1:] or after[:-1] == before[:-1]


@pytest.mark.parametrize("handle", ["@Quillon", " quillon ", "QUILLON"])
def test_handles_are_compared_without_at_blanks_and_case(handle):
    assert account(handle) == "quillon"


def test_what_cannot_be_a_handle_of_x_is_no_account():
    assert accounts(["ada@social.example", "much_too_long_for_x", "", "ok", "x OR from:y"]) == ("ok",)
