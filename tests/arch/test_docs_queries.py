"""Every query that docs/queries.md shows is one, and its examples find what it says."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from config.checks import across
from config.places import Places
from listener.core.errors import ListenerError
from listener.query import PRESETS, Document, QueryError, drafts, parse, parsing
from listener.query.fields import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| `", line)]
FIRST = [re.sub(r"^`(.*)`$", r"\1", row[0]) for row in ROWS]
EXAMPLES = [(FIRST[number], row[1], row[2] == "yes") for number, row in enumerate(ROWS) if len(row) == 3]


def fenced(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("query", FIRST)
def test_every_query_of_the_tables_is_one(query: str) -> None:
    asked = parse(query)
    assert parse(str(asked)) == asked


@pytest.mark.parametrize(("query", "post", "found"), EXAMPLES)
def test_the_examples_find_what_the_page_says(query: str, post: str, found: bool) -> None:
    assert parse(query).matches(Document(text=post)) is found


def test_there_are_examples_and_every_field_and_preset_is_explained() -> None:
    assert len(EXAMPLES) >= 8
    assert {query.partition(":")[0] for query in FIRST} >= set(FIELDS)
    assert set(FIRST) >= {f"@{name}" for name in PRESETS}


def test_equal_queries_are_equal() -> None:
    assert parse("quillon crash") == parse("quillon AND crash")
    assert parse("quillon NOT brimtel") == parse("quillon -brimtel")
    post = Document(text="a c")
    assert parse("a OR b c").matches(post) is parse("a OR (b c)").matches(post) is True
    assert parse("NOT a NEAR/2 b") == parse("NOT (a NEAR/2 b)")


def test_the_configuration_of_the_page_has_no_problem() -> None:
    tables = {**tomllib.loads(fenced("toml")), "brands": [{"name": "Quillon"}]}
    assert across(tables, Places()) == []
    asked = parse(tables["sources"][0]["only"], tables["exclusion_sets"])
    assert asked.matches(Document(text="Quillon hilft", language="de"))
    assert not asked.matches(Document(text="The sword, its quillon", language="en"))


def test_the_commands_of_the_page_hold_queries() -> None:
    for line in fenced("sh").splitlines():
        program, command, query, *_ = shlex.split(line)
        assert (program, command) == ("listener", "mentions")
        parse(query)


def test_the_error_is_shown_as_the_page_shows_it() -> None:
    head, query, caret = fenced("text").splitlines()
    with pytest.raises(QueryError) as caught:
        parse(query.strip())
    assert isinstance(caught.value, ListenerError)
    assert str(caught.value).splitlines() == [head.removeprefix("Error in the query: "), query, caret]


def test_the_limits_are_those_of_the_page() -> None:
    for limit in (drafts.LONGEST, parsing.MOST, drafts.DEEPEST):
        assert f" {limit:,} " in PAGE
    assert f"phrases of {parsing.LONGEST_PHRASE} words" in PAGE
