"""Several accounts of one person from the command line: found by real passes, merged and split by people, on both databases."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.listening import CONFIG, Folder

COLUMNS = ["contact_id", "first_name", "last_name", "email", "company"]
REST = [[f"C{n}", f"First{n}", f"Last{n}", f"p{n}@firm{n}.example", f"Firm {n}"] for n in range(3, 9)]
ADA = ["C1", "Ada", "Lindqvist", "ada@lindqvist.example", "Halden Print"]
OMAR = ["C2", "Omar", "Tessier", "omar@borea.example", "Borea Works"]
ON_X = {
    "handle": "adalq",
    "display_name": "Ada Lindqvist",
    "email": "ada@lindqvist.example",
    "profile_url": "https://x.com/adalq",
}
ON_MASTODON = {"handle": "ada", "display_name": "Ada Lindqvist", "profile_url": "https://mastodon.example/@ada"}
GOBLIN = {"handle": "goblin", "profile_url": "https://github.com/goblin"}
OMAR_T = {"handle": "omar_t", "display_name": "Omar Tessier", "email": "omar@borea.example"}


@dataclass(frozen=True)
class Listener(Folder):
    """The command, in a folder with a configuration."""

    def a_pass(self) -> None:
        ended = self("run")
        assert ended.status == 0, ended.said

    def who(self, author: str) -> tuple[str | None, list[int]]:
        (found,) = self.lines("identities", "explain", author)
        return found["counts_as"], found["together_with"]


@pytest.fixture(params=["sqlite", "postgres"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Listener:
    """Ada on X, whom the CRM knows by her address, and on Mastodon, which links there; a goblin; and Omar, another customer."""
    url = (
        f"sqlite:///{tmp_path / 'store.db'}" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))
    )
    (tmp_path / "listener.toml").write_text(CONFIG)
    with (tmp_path / "crm.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, ADA, OMAR, *REST])
    found = Listener(tmp_path, url)
    found.says(1, ON_X, platform="x")
    found.says(2, {**ON_MASTODON, "links": ["https://x.com/adalq", "https://github.com/goblin"]}, platform="mastodon")
    found.says(3, GOBLIN, platform="github")
    found.says(4, OMAR_T)
    found.a_pass()
    return found


def test_a_pass_finds_them_people_decide_and_everything_can_be_taken_back(listener: Listener) -> None:
    assert listener.who("x:adalq")[0] == listener.who("mastodon:ada")[0] == "C1"
    assert listener.who("github:goblin") == (None, [])
    (proposal,) = [line for line in listener.lines("identities", "review") if "merge" in line]
    goblin, mastodon = sorted(each["author_id"] for each in (proposal["one"], proposal["other"]))[::-1]
    assert {proposal["one"]["platform"], proposal["other"]["platform"]} == {"mastodon", "github"}
    shown = listener("identities", "review").out
    assert f"yes       listener identities merge {mastodon} {goblin}" in shown
    assert "for       one profile links to the other account, on github" in shown

    done = listener("identities", "merge", "mastodon:ada", "github:goblin", "--note", "she told us", "--by", "kim")
    assert done.status == 0, done.said
    said = " ".join(done.out.split())
    assert "counts as Ada Lindqvist, Halden Print (C1), together with author" in said
    assert "(goblin, github) counted as a person of their own" in said
    assert "counted as Ada Lindqvist, Halden Print (C1), linked by the evidence" in said or "as one person with author" in said
    assert "the two names have nothing in common" in said
    assert "To take it back: listener identities undo 1" in done.out
    assert listener.who("github:goblin")[0] == "C1"
    assert not [line for line in listener.lines("identities", "review") if "merge" in line]

    parted = listener("identities", "split", "github:goblin")
    assert "It is remembered: no later pass makes them one again." in parted.out
    assert listener.who("github:goblin") == (None, [])
    listener.says(5, {**GOBLIN, "display_name": "Ada Lindqvist"}, "Quillon is great, again.", platform="github")
    listener.a_pass()
    assert listener.who("github:goblin") == (None, []), "a split is remembered over later passes"

    decisions = [line["decision"] for line in listener.lines("identities", "decisions") if line["kind"] == "split"]
    for number in decisions:
        assert listener("identities", "undo", number).status == 0
    listener.a_pass()
    assert listener.who("github:goblin")[0] == "C1", "under her name her link to it is certain"
    what_cannot_be_decided_is_said_in_one_line(listener)
    the_whole_person_is_exported_and_erased(listener)


def what_cannot_be_decided_is_said_in_one_line(listener: Listener) -> None:
    for arguments, message in (
        (("merge", "1", "1"), "Author 1 is one account: name two"),
        (("merge", "1", "999"), "There is no author 999"),
        (("merge", "1", "x:nobody"), "No author with that handle was heard on x"),
        (("split", "1"), "Author 1 is the only account of this person"),
    ):
        ended = listener("identities", *arguments)
        assert ended.status == 1
        assert message in ended.err
        assert "Traceback" not in ended.said


def the_whole_person_is_exported_and_erased(listener: Listener) -> None:
    (exported,) = listener.lines("person", "export", "--account", "github:goblin")
    assert sorted(row["handle"] for row in exported["authors"]) == ["ada", "adalq", "goblin"]
    assert exported["identity_decisions"]
    assert exported["merges"]
    assert listener("person", "erase", "--account", "github:goblin", "--yes").status == 0
    assert listener("person", "export", "--contact", "C1").status == 1
    assert listener.who("forum:omar_t")[0] == "C2"


@pytest.mark.parametrize("listener", ["sqlite"], indirect=True)
def test_accounts_of_different_customers_are_a_conflict_that_is_shown(listener: Listener) -> None:
    (said,) = listener.lines("identities", "merge", "x:adalq", "forum:omar_t")
    assert (said["new"], said["decision"]["kind"]) == (True, "merge")
    again = listener("identities", "merge", "forum:omar_t", "x:adalq")
    assert "That was decided before" in again.out
    said = " ".join(again.out.split())
    assert "But author 1 (Omar Tessier, forum) counts as Omar Tessier (C2) and author 4" in said
    assert (
        "each stays that until you take one of the two links back listener identities unlink 1 listener identities unlink 4"
        in said
    )
    assert (listener.who("x:adalq")[0], listener.who("forum:omar_t")[0]) == ("C1", "C2")
    conflict = next(line for line in listener.lines("identities", "review") if line.get("conflict"))
    assert {conflict["one"]["contact_id"], conflict["other"]["contact_id"]} == {"C1", "C2"}
    shown = listener("identities", "review").out
    assert re.match(r"(\d+ authors? and )?\d+ pairs? of accounts waits? for a decision; ", shown)
    assert "then      listener identities unlink 1\n  or        listener identities unlink 4" in shown
    assert listener("identities", "unlink", "forum:omar_t").status == 0
    assert listener.who("forum:omar_t")[0] == "C1"


@pytest.mark.parametrize("listener", ["sqlite"], indirect=True)
def test_what_is_said_of_a_link_of_two_accounts_and_how_it_is_taken_back(listener: Listener) -> None:
    """What counted before, who stays linked, a "no" in advance, and the way back from an undoing."""

    def said(*arguments: object) -> str:
        ended = listener("identities", *arguments)
        assert ended.status == 0, ended.said
        return " ".join(ended.out.split())

    listener.says(6, {"handle": "zoe@toot.example", "display_name": "Zoe", "bio": "paper, ink " * 40}, platform="mastodon")
    listener.a_pass()
    found = said("explain", "mastodon:zoe")
    assert 'bio "paper, ink paper' in found
    assert "…" in found
    assert "by scored" not in found
    assert said("explain", "https://toot.example/@zoe") == found
    assert "author 1" not in said("explain", "https://mastodon.example/@ada").partition("counts as")[0]

    against = said("explain", "forum:omar_t", "--contact", "C1")
    assert "Why not Ada Lindqvist (C1)" in against
    assert "before anything is known of them" in against
    assert "today hardly (under 1%)" in against
    assert "identities link" not in against

    parted = said("unlink", "x:adalq")
    assert "before counted as Ada Lindqvist, Halden Print (C1), linked by the evidence: almost certainly" in parted
    assert "now counts as a person of their own" in parted
    undone = said("undo", 1)
    assert "To take that back: listener identities unlink" in undone
    assert said("unlink", "forum:omar_t", "C1").startswith("Decision 2: author 1 (Omar Tessier, forum) is not")
    assert listener.who("forum:omar_t")[0] == "C2"
    linked = said("link", "forum:omar_t", "C1")
    assert "It takes the place of decision 2" in linked
    assert "the two names have nothing in common" in linked
    every = said("decisions", "--all")
    assert "undone by" in every
    assert "replaced by" in every
    assert "ended" not in every
    assert "since then" not in said("decisions")
    assert "To take that back: listener identities link 1 C1" in said("undo", 3)
    stamps = [line["at"] for line in listener.lines("identities", "decisions", "--all")]
    assert stamps == sorted(stamps, reverse=True)
