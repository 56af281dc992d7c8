"""A wrong link is undone in one command and never comes back: from the command line, through real passes, on both databases."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.listening import CONFIG, Folder

COLUMNS = ["contact_id", "first_name", "last_name", "email", "company", "title", "segment"]
MAYA = ["C1", "Maya", "Lindqvist", "maya@halden-print.example", "Halden Print", "Head of Operations", "Gold"]
OMAR = ["C2", "Omar", "Tessier", "omar@borea.example", "Borea Works", "Buyer", "Gold"]
REST = [[f"C{n}", f"First{n}", f"Last{n}", f"p{n}@firm{n}.example", f"Firm {n}", "", ""] for n in range(3, 9)]
ASSISTANT = {"handle": "nadia_w", "display_name": "Maya Lindqvist", "email": "maya@halden-print.example"}
"""She writes from her boss's account: evidence enough, and wrong."""


@dataclass(frozen=True)
class Listener(Folder):
    """The command, in a folder with a configuration."""

    def crm(self, *rows: list[str]) -> None:
        with (self.folder / "crm.csv").open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])

    def counts_as(self, author: str) -> str | None:
        found = self.only("identities", "explain", author)["counts_as"]
        assert found is None or isinstance(found, str)
        return found


def heard(folder: Path, url: str) -> Listener:
    """Posts by an assistant and by a customer, heard and matched."""
    (folder / "listener.toml").write_text(CONFIG)
    listener = Listener(folder, url)
    listener.crm(MAYA, OMAR, *REST)
    listener.says(1, ASSISTANT, "Quillon lost my documents, I hate it, it is terrible.")
    omar = {"handle": "omar_t", "display_name": "Omar Tessier", "email": "omar@borea.example"}
    listener.says(2, omar, "Quillon is great, we love it.")
    listener.says(4, {"handle": "inkfan"}, "I recommend Quillon to everybody, we love it.")
    assert listener("run").status == 0
    return listener


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heard")
    heard(folder, f"sqlite:///{folder}/store.db")
    return folder


@pytest.fixture
def listener(first: Path, tmp_path: Path) -> Listener:
    """A copy of what was heard once."""
    shutil.copytree(first, tmp_path / "copy")
    return Listener(tmp_path / "copy", f"sqlite:///{tmp_path}/copy/store.db")


@pytest.fixture(params=["sqlite", "postgres"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Listener:
    if request.param == "sqlite":
        copied = request.getfixturevalue("listener")
        assert isinstance(copied, Listener)
        return copied
    return heard(tmp_path, str(request.getfixturevalue("empty_postgres_url")))


def test_a_wrong_link_is_undone_in_one_command_and_never_comes_back(on_both: Listener) -> None:
    listener = on_both
    assert listener.counts_as("forum:nadia_w") == "C1"
    case = next(one for one in listener("cases", "--json").lines if one["contact_id"] == "C1" and one["kind"] == "follow-up")
    shown = listener("cases", "show", case["case_id"]).out
    assert "Maya Lindqvist, Head of Operations, Halden Print (C1)" in shown
    assert "before anything is known of them" in shown
    command = re.search(r"Wrong\? listener (identities unlink \d+)", shown)
    assert command

    done = listener.only(*command[1].split(), "--note", "her assistant", "--by", "kim")
    assert (done["decision"]["kind"], done["decision"]["actor"], done["identity"]["counts_as"]) == ("refuse", "kim", None)
    cases = listener("cases", "--json", "--all").lines
    assert {one["state"] for one in cases if one["contact_id"] == "C1"} == {"lapsed"}

    # Later passes, new posts, a changed, a gone, a returned and a renamed customer, another spelling: the "no" stands.
    listener.says(3, ASSISTANT, "Quillon is still terrible, what a bad day.")
    steps = [
        [[*MAYA[:4], "Halden Print AB", *MAYA[5:]], OMAR, *REST],
        [OMAR, *REST],
        [["C1", "Marja", "Lindqvist-Oyelaran", *MAYA[3:]], OMAR, *REST],
        [MAYA, OMAR, *REST],
    ]
    for rows in steps:
        listener.crm(*rows)
        assert listener("run").status == 0
        assert listener.counts_as("forum:nadia_w") is None
    assert listener("identities", "review", "--json").lines == []
    assert not [one for one in listener("cases", "--json").lines if one["contact_id"] == "C1"]
    assert listener.counts_as("forum:omar_t") == "C2"

    (decision,) = listener("identities", "decisions", "--json").lines
    assert (decision["note"], decision["contact_id"]) == ("her assistant", "C1")
    undone = listener.only("identities", "undo", decision["decision"])
    assert undone["identity"]["counts_as"] == "C1"
    assert {one["contact_id"] for one in listener("cases", "--json").lines} == {"C1", "C2"}


def test_a_link_by_hand_counts_at_once_and_comes_back_with_the_contact(listener: Listener) -> None:
    before = {one["contact_id"] for one in listener("cases", "--json").lines}
    said = listener("identities", "link", "forum:inkfan", "C5", "--note", "she told us")
    assert "is First5 Last5 (C5)" in said.out
    assert "counts as First5 Last5, Firm 5 (C5)" in said.out
    assert {one["contact_id"] for one in listener("cases", "--json").lines} == {*before, "C5"}
    listener.crm(MAYA, OMAR, *(row for row in REST if row[0] != "C5"))
    listener("run")
    assert listener.counts_as("forum:inkfan") is None
    refused = listener("identities", "link", "forum:omar_t", "C5")
    assert (refused.status, refused.out) == (1, "")
    assert "gone from the CRM since" in refused.err
    listener.crm(MAYA, OMAR, *REST)
    listener("run")
    assert listener.counts_as("forum:inkfan") == "C5"
    undone = listener("identities", "unlink", "forum:inkfan")
    assert "takes the place of decision 1" in undone.out
    assert listener.counts_as("forum:inkfan") is None


REFUSED: list[tuple[list[object], int, str]] = [
    (["link", 99, "C1"], 1, "There is no author 99"),
    (["link", "forum:nobody", "C1"], 1, "No author with that handle was heard on forum"),
    (["link", "nadia_w", "C1"], 2, "platform:handle"),
    (["link", 1, "C404"], 1, "The CRM has no contact C404"),
    (["link", 1, "c1"], 1, "The CRM has no contact c1; did you mean C1?"),
    (["unlink", 99], 1, "There is no author 99"),
    (["unlink", "forum:nadia_w", "C404"], 1, "The CRM has no contact C404"),
    (["explain", "https://forum.example/nobody"], 2, "no author who was heard has a profile at that address"),
    (["explain", "forum:nadia_w@other.example"], 1, "did you mean author "),
    (["explain", 99], 1, "There is no author 99"),
    (["explain", 1, "--contact", "C404"], 1, "The CRM has no contact C404"),
    (["undo", 7], 1, "There is no decision 7"),
    (["undo", 0], 2, "greater than or equal to 1"),
    (["decisions", "x"], 2, "platform:handle"),
]


def test_what_cannot_be_decided_is_refused_with_what_to_do(listener: Listener) -> None:
    for arguments, status, said in REFUSED:
        ended = listener("identities", *arguments)
        assert (ended.status, ended.out) == (status, ""), arguments
        assert said in ended.err
        assert "Traceback" not in ended.err
        assert "nadia" not in ended.err.replace('"nadia_w" names no author', "").lower()
    assert listener("identities", "decisions", "--all", "--json").lines == []


def test_hostile_notes_and_names_are_shown_on_their_lines(listener: Listener) -> None:
    evil = "\x1b[31m\u202eevil\r\nDecision 9: author 1 is C2\x07" + "a\u0301\u0302\u0303\u0304" * 50 + "w" * 5000
    listener.says(5, {"handle": "e\u202evil", "display_name": evil, "bio": evil}, f"Quillon is great, {evil}")
    listener.crm(MAYA, OMAR, *REST, ["C;'\u202e", evil, "<b>", "", evil, evil, ""])
    assert listener("run").status == 0
    number = listener("mentions", "--json").lines[0]["author_id"]
    linked = listener("identities", "link", number, "C1", "--note", evil.replace("\x00", ""))
    assert linked.status == 0
    for arguments in (["explain", number], ["decisions"], ["review"], ["decisions", number, "--all"]):
        ended = listener("identities", *arguments)
        assert (ended.status, ended.err) == (0, "")
        assert not any(char in ended.out for char in "\x1b\u202e\x07\r")
        assert not any(line.startswith("Decision 9") for line in ended.out.splitlines())
    case = next(one for one in listener("cases", "--json").lines if one["contact_id"] == "C1")
    assert listener("cases", "show", case["case_id"]).status == 0
