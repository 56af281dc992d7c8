"""``listener eval match``: figures of matching on labelled authors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HEADER = "contact_id,first_name,last_name,email,company,handle_github\n"
CRM = HEADER + (
    "C1,Maya,Lindqvist,maya@halden-print.example,Halden Print GmbH,mayalind\n"
    "C2,Maya,Lindqvist,,Halden Print,mayalind\n"
    "C3,Omar,Tessier,omar@borea.example,Borea Works,\n"
)
AUTHORS: list[dict[str, Any]] = [
    {"author_id": "A1", "platform": "github", "handle": "mayalind", "display_name": "Maya Lindqvist", "contact_id": "C1",
     "acceptable_ids": ["C1", "C2"], "account": "Halden Print", "kind": "known"},
    {"author_id": "A2", "platform": "forum", "handle": "om", "email": "OMAR@borea.example", "contact_id": "C3", "kind": "email"},
    {"author_id": "A3", "platform": "forum", "handle": "nobody77", "display_name": "Pia Nowhere", "contact_id": None,
     "kind": "stranger"},
]  # fmt: skip
WRONG = {"author_id": "A4", "platform": "forum", "handle": "x", "email": "omar@borea.example", "contact_id": "C9", "kind": "odd"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crm.csv").write_text(CRM, encoding="utf-8")
    return tmp_path


def lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def evaluate(run, given: str, *more: object):
    return run("eval", "match", "-", "--customers", "crm.csv", "--policy", "ignore", *more, given=given)


def test_the_figures_of_known_authors(folder: Path, run) -> None:
    ended = evaluate(run, lines(AUTHORS), "--json")
    (found,) = ended.lines
    assert ended.status == 0
    assert (found["crm"], found["authors"], found["customers"], found["unusable"]) == (3, 3, 2, 0)
    assert found["precision"]["share"] == found["recall"]["share"] == found["f1"] == 1.0
    assert [(row["kind"], row["linked"], row["wrong_links"]) for row in found["kinds"]] == [
        ("email", 1, 0),
        ("known", 1, 0),
        ("stranger", 0, 0),
    ]
    assert found["calibration"]["claims"] == 2
    assert found["wrong_links"] == []


def test_the_tables_fit_a_hundred_columns(folder: Path, run) -> None:
    ended = evaluate(run, lines([*AUTHORS, WRONG]), "--errors")
    assert ended.status == 0
    assert max(map(len, ended.out.splitlines())) <= 100
    assert "4 authors against 3 customers, policy: ignore" in ended.out
    assert "wrong link of author" in ended.out
    assert "A4" in ended.out
    assert "omar" not in ended.out.lower()


def test_truth_from_a_file_by_author_id(folder: Path, run) -> None:
    plain = [
        {key: one[key] for key in ("author_id", "platform", "handle", "display_name", "email") if key in one} for one in AUTHORS
    ]
    (folder / "truth.csv").write_text(
        "\ufeffauthor_id,contact_id,acceptable_ids,account,kind\nA1,C2,C1|C2,,known\nA2,C3,,,email\nA3,,,,stranger\n",
        encoding="utf-8",
    )
    ended = evaluate(run, lines(plain), "--truth", "truth.csv", "--json")
    (found,) = ended.lines
    assert (ended.status, found["precision"]["part"], found["recall"]["part"]) == (0, 2, 2)


def test_an_author_who_is_not_in_the_truth_is_counted_and_no_other_is_lost(folder: Path, run) -> None:
    (folder / "truth.csv").write_text("author_id,contact_id\nA1,C1\n", encoding="utf-8")
    ended = evaluate(run, lines(AUTHORS), "--truth", "truth.csv", "--json")
    assert ended.status == 1
    assert ended.lines[0]["authors"] == 1
    assert ended.lines[0]["unusable"] == 2
    assert "2 authors of FILE are not in it" in ended.err


def test_lines_that_cannot_be_used_are_named(folder: Path, run) -> None:
    ended = evaluate(run, lines(AUTHORS) + '{"author_id": "A9"}\nrubbish\n', "--json")
    assert ended.status == 1
    assert ended.lines[0]["unusable"] == 2
    assert "line 4 does not say who the author is (contact_id, null for no customer)" in ended.err
    assert "line 5: not a JSON object" in ended.err


def test_authors_without_truth_are_one_line_that_says_what_to_give(folder: Path, run) -> None:
    bare = [{name: value for name, value in one.items() if name != "contact_id"} for one in AUTHORS]
    ended = evaluate(run, lines(bare))
    assert (ended.status, ended.out) == (1, "")
    [line] = ended.err.splitlines()
    assert line.startswith("Error: 3 lines (the first is line 1) do not say who the author is")
    assert line.endswith("give `--truth TRUTH.csv`")


def test_what_says_nothing_is_left_out_of_the_tables(folder: Path, run) -> None:
    said = evaluate(run, lines(AUTHORS)).out
    assert "No customers, and rightly neither linked nor proposed:\n  stranger 1\n" in said
    assert " 0.0 to 100.0" not in said.partition("probab")[2]
    assert "missed: authors who are a customer" in said
    assert "NOT" not in said


@pytest.mark.parametrize(
    ("content", "says"),
    [("a,b\n1,2\n", "has no columns author_id and contact_id"), (None, "cannot be read"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_a_truth_file_that_is_none_is_an_error_in_words(folder: Path, run, content: str | bytes | None, says: str) -> None:
    if content is not None:
        (folder / "truth.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = evaluate(run, lines(AUTHORS), "--truth", "truth.csv")
    assert ended.status == 2
    assert says in ended.err


def test_without_an_author_there_is_nothing_to_measure(folder: Path, run) -> None:
    ended = evaluate(run, "")
    assert ended.status == 1
    assert "no author that could be used" in ended.err


def test_hostile_authors_are_measured_like_others(folder: Path, run) -> None:
    hostile = [
        {"author_id": 1, "contact_id": None, "handle": "\ud800", "bio": "x" * 10_000, "links": ["http://[", "::::", "\u202e"]},
        {"author_id": "2", "contact_id": "", "display_name": "\u200b\u0000", "email": "@@", "platform": "\u202e"},
        {"author_id": "3", "contact_id": "C1", "acceptable_ids": "C1|C2|", "kind": "\u001b[31m"},
    ]
    ended = evaluate(run, lines(hostile))
    assert ended.status == 0
    assert "\u001b" not in ended.out
    assert "3 authors" in ended.out


def test_without_customers_those_of_the_store_are_asked(folder: Path, run) -> None:
    (folder / "listener.toml").write_text('[[brands]]\nname = "Quillon"\n[nlp]\nengine = "vader"\n')
    assert run("customers", "import", "crm.csv").status == 0
    ended = run("eval", "match", "-", "--policy", "ignore", "--json", given=lines(AUTHORS))
    (found,) = ended.lines
    assert (found["crm"], found["recall"]["part"]) == (3, 2)
