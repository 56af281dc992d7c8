"""What holds of any query and any text."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from listener.query import Document, Query, QueryError, QuerySet, parse
from listener.query.nodes import And, Not, Or

SETS = {"own": "a OR lang:de"}
WORDS = ["a", "b", "ab", "abc", "ba", "c++", "#a", "奎", "隆奎", "straße", "🎉", "don't"]
PLAIN = st.sampled_from([*WORDS, "ab*", "*ab", "*bc*", '"a b"', '"a * c"', '"ab* b"'])
FIELDS = st.sampled_from(
    ["source:news", "source:n*", "author:ada", "author:@ada", "author:a*", "lang:en", "lang:de", "site:a.example", "site:example",
     "type:post", "type:repost", "followers:>5", "followers:2..6", "title:a", 'title:"a b"', "title:(a -b)", "@own", "@jobs"]
)  # fmt: skip


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} {two[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: f"({' OR '.join(three)})"),
        inner.map(lambda one: f"-{one}"),
        inner.map(lambda one: f"(NOT {one})"),
    )


NEARS = st.builds(lambda a, b, n: f"({a} NEAR/{n} ({b} OR 隆))", PLAIN, PLAIN, st.integers(1, 4))
QUERIES = st.recursive(st.one_of(PLAIN, FIELDS, NEARS), combined, max_leaves=8)
TEXTS = st.lists(st.sampled_from([*WORDS, "abab", "xaby", ",", "-", "STRASSE", "a b", "ab\u200bc"]), max_size=10).map(" ".join)
OTHERS = [parse(f"other{number} nowhere{number}*") for number in range(60)]
DOCUMENTS = st.builds(
    Document,
    text=TEXTS,
    title=st.none() | TEXTS,
    source=st.sampled_from([None, "news", "blogs"]),
    handle=st.sampled_from([None, "ada", "@ada@a.example", "bob"]),
    name=st.sampled_from([None, "Ada B", "a"]),
    language=st.sampled_from([None, "en", "de_AT"]),
    url=st.sampled_from([None, "https://a.example/1", "https://b.a.example", "http://[x"]),
    type=st.sampled_from([None, "post", "repost"]),
    followers=st.none() | st.integers(0, 9),
)
ANY_TEXT = st.text(st.characters(codec=None), max_size=80) | st.lists(  # type: ignore[arg-type] # surrogates too
    st.sampled_from(
        [*'()":-@* ', "AND", " OR ", "NOT ", " NEAR/2 ", "lang:", "title:", "followers:", "a", "ab*", "é", "\ud800", "奎"]
    ),
    max_size=20,
).map("".join)


def _parsed(text: str) -> tuple[Query | None, QueryError | None]:
    try:
        return parse(text, SETS), None
    except QueryError as problem:
        return None, problem


@given(ANY_TEXT)
def test_any_text_is_a_query_or_refused(text: str) -> None:
    asked, problem = _parsed(text)
    if problem is not None:
        assert 0 <= problem.position <= len(problem.query)
        assert all(line.isprintable() for line in str(problem).split("\n"))
        return
    assert asked is not None
    assert parse(str(asked), SETS) == asked
    assert isinstance(asked.matches(Document(text=text, title=text, name=text, handle=text, url=text, language=text)), bool)


@given(QUERIES)
def test_a_query_written_down_is_the_same_query(text: str) -> None:
    asked = parse(text, SETS)
    assert parse(str(asked), SETS) == asked
    assert str(parse(str(asked), SETS)) == str(asked)
    assert pickle.loads(pickle.dumps(asked)) == asked


@given(st.lists(QUERIES, min_size=1, max_size=12), st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_queries_together_find_what_each_finds(texts: list[str], documents: list[Document]) -> None:
    queries = [parse(text, SETS) for text in texts]
    together = QuerySet(queries)
    each = [{number for number, query in enumerate(queries) if query.matches(document)} for document in documents]
    assert list(together.matching_many(documents)) == each
    many = QuerySet([*queries, *OTHERS])
    assert [{number for number in found if number < len(queries)} for found in many.matching_many(documents)] == each
    assert pickle.loads(pickle.dumps(together)).matching(documents[0]) == each[0]


@given(ANY_TEXT, ANY_TEXT)
def test_queries_together_take_any_text(text: str, title: str) -> None:
    document = Document(text=text, title=title, handle=text, name=title, language=text, url=title)
    queries = [parse(query) for query in ("a", "ab*", "奎", "-a", "title:a", "author:a", "site:example")]
    assert QuerySet(queries).matching(document) == {number for number, query in enumerate(queries) if query.matches(document)}


@given(QUERIES, QUERIES, DOCUMENTS)
def test_the_laws_of_logic_hold(first: str, second: str, document: Document) -> None:
    a, b = parse(first, SETS), parse(second, SETS)

    def holds(node) -> bool:
        return Query(node).matches(document)

    assert holds(Not(Not(a.root))) == holds(a.root)
    assert holds(Not(And((a.root, b.root)))) == holds(Or((Not(a.root), Not(b.root))))
    assert holds(Not(Or((a.root, b.root)))) == holds(And((Not(a.root), Not(b.root))))
    assert parse(f"({first}) ({second})", SETS).matches(document) == (a.matches(document) and b.matches(document))
    assert parse(f"{first} OR {second}", SETS).matches(document) == (a.matches(document) or b.matches(document))
    assert parse(f"NOT NOT ({first})", SETS).matches(document) == a.matches(document)


def test_a_set_of_no_queries_matches_nothing() -> None:
    assert QuerySet([]).matching(Document(text="a")) == set()
    assert len(QuerySet([parse("a"), parse("b")])) == 2
