"""The line of every key is found in any valid TOML."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.places import Loc, Places, lines_of

TEXT = '''\
# a comment [not] = "a table"
title = "x" # trailing
"quoted.key" = 'a'
'single' = """
[fake]
key = 1 \\""" still
""""
dotted.a."b\\u0041\\n" = 1

[table]
list = [
  1, # one
  "two ]",
  { inner = 1, "o" = [ { deep = true } ] },
]
[table.sub]
date = 1979-05-27T07:32:00Z
[[many]]
name = "first"
[[many.nested]]
x = 1
[[many.nested]]
x = 2
[many.only]
y = 3
[[many]]
name = \'\'\'
second
\'\'\'
empty = {}
last = 1'''

EXPECTED: dict[Loc, int] = {
    ("title",): 2,
    ("quoted.key",): 3,
    ("single",): 4,
    ("dotted", "a", "bA\n"): 8,
    ("table",): 10,
    ("table", "list"): 11,
    ("table", "list", 0): 12,
    ("table", "list", 1): 13,
    ("table", "list", 2, "inner"): 14,
    ("table", "list", 2, "o", 0, "deep"): 14,
    ("table", "sub", "date"): 17,
    ("many",): 18,
    ("many", 0): 18,
    ("many", 0, "name"): 19,
    ("many", 0, "nested", 1, "x"): 23,
    ("many", 0, "only", "y"): 25,
    ("many", 1): 26,
    ("many", 1, "name"): 27,
    ("many", 1, "empty"): 30,
    ("many", 1, "last"): 31,
}


def test_every_kind_of_key_has_its_line() -> None:
    tomllib.loads(TEXT)
    found = lines_of(TEXT)
    assert {loc: found.get(loc) for loc in EXPECTED} == EXPECTED


def ways(value: object, loc: Loc = ()) -> set[Loc]:
    found = {loc} if loc else set()
    if isinstance(value, dict):
        for key, item in value.items():
            found |= ways(item, (*loc, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            found |= ways(item, (*loc, number))
    return found


def test_nothing_is_found_that_is_not_there_and_nothing_is_missed() -> None:
    assert set(lines_of(TEXT)) == ways(tomllib.loads(TEXT))


KEYS = st.text("abc-_", min_size=1, max_size=4)
SCALARS = st.sampled_from(
    ["1", "'x # ]'", '"\\" } ,"', "true", '"""a\n\\""" b"""', "'''\n]\n'''", "1979-05-27 07:32:00", "[ ]", "{ }"]
)


@given(st.lists(st.tuples(KEYS, SCALARS), max_size=6, unique_by=lambda pair: pair[0]), st.booleans())
def test_any_keys_and_values_are_walked_as_tomllib_reads_them(pairs: list[tuple[str, str]], as_list: bool) -> None:
    lines = [f"{key} = {value}" for key, value in pairs]
    text = "\n".join(
        [*lines, "[[list]]" if as_list else "[list]", *lines, "arr = [" + ",\n".join(value for _, value in pairs) + "]"]
    )
    assert set(lines_of(text)) == ways(tomllib.loads(text))


@pytest.mark.parametrize(
    ("loc", "name"),
    [
        (("a", 0, "b"), "a[0].b (line 7)"),
        (("a", 0, "missing"), "a[0].missing (line 5)"),
        (("other",), "other"),
        (("env", "x"), "LISTENER_ENV__X (environment)"),
        ((), ""),
    ],
)
def test_places_are_named_for_people(loc: Loc, name: str) -> None:
    places = Places({("a", 0): 5, ("a", 0, "b"): 7}, {("env", "x"): "LISTENER_ENV__X"})
    assert places.name(loc) == name
