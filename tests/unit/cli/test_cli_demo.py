"""The commands over the bundled sample: one demo for all, a copy for each test."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from listener.cli import main


@pytest.fixture(scope="session")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A demo folder, and what the command printed."""
    import contextlib
    import io

    folder = tmp_path_factory.mktemp("demo") / "demo"
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        assert main(["demo", str(folder)]) == 0
    return folder, said.getvalue().splitlines()


@pytest.fixture
def demo(heard: tuple[Path, list[str]], tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch):
    """Runs a command in a copy of the demo's folder."""
    folder = tmp_path / "demo"
    shutil.copytree(heard[0], folder)
    monkeypatch.chdir(folder)
    return run


def test_the_demo_tells_and_says_where_everything_is(heard: tuple[Path, list[str]]) -> None:
    folder, said = heard
    text = "\n".join(said)
    for section in ("TODAY", "NEEDS A CALL", "NEW CANDIDATES", "CUSTOMERS HEARD", "WHAT WAS SAID", "HOW WELL WE HEARD"):
        assert section in text
    assert "0 new ones" in text
    for name in ("listener.toml", "customers.csv", "mentions.jsonl", "listener.db"):
        assert f"  {folder / name}" in said
    written = [path.name for path in (folder / "digests").iterdir()]
    assert all(f"  {folder / 'digests' / name}" in said for name in written)
    for kind in ("digest", "alert"):
        suffixes = {Path(name).suffix for name in written if name.startswith(f"{kind}-")}
        assert suffixes == {".html", ".txt"}
    assert not [line for line in said if line.startswith("✗")]


def test_a_second_demo_begins_anew_and_somebodys_own_folder_is_left_alone(demo, tmp_path: Path) -> None:
    ended = demo("demo", tmp_path / "demo", "--json")
    assert ended.status == 0
    first, second = ended.lines
    assert first["new"] > 80
    assert (second["new"], second["changed"]) == (0, 0)
    assert first["worked"] is True
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "listener.toml").write_text("# mine")
    (tmp_path / "own" / "listener.db").write_text("mine")
    ended = demo("demo", tmp_path / "own")
    assert ended.status == 1
    assert (tmp_path / "own" / "listener.db").read_text() == "mine"


def test_check(demo) -> None:
    ended = demo("check")
    assert ended.status == 0
    assert "disabled" not in ended.out
    parts = demo("check", "--json").lines
    assert {part["part"] for part in parts} == {"brand", "source", "customers", "engine"}
    assert all(part["ready"] and part["reason"] is None for part in parts)


def test_check_says_why_a_part_does_not_work(demo) -> None:
    path = Path("listener.toml")
    path.write_text(
        path.read_text().replace('name = "deskside"', 'name = "deskside"\nenabled = false')
        + '\n[[notifiers]]\nname = "share"\nkind = "file"\nfolder = "x"\nenabled = false\n'
    )
    Path("customers.csv").unlink()
    ended = demo("check")
    assert ended.status == 1
    assert "disabled, because switched off" in ended.out
    assert "disabled, because it is switched off in the configuration" in ended.out
    assert "there is no such file" in ended.out
    path.write_text('[[brands]]\nname = "Q"\n')
    ended = demo("check")
    assert ended.status == 0
    assert "No source yet" in ended.out
    assert "authors cannot be matched" in ended.out


def test_sources(demo) -> None:
    lines = demo("sources", "--json").lines
    assert {line["health"] for line in lines} == {"ok"}
    assert all(line["heard_until"] and line["last_attempt"] for line in lines)
    assert sum(line["new"] for line in lines) > 80
    assert "clause-and-effect  rss" in demo("sources").out


def test_sources_that_are_disabled_gone_or_failing(demo) -> None:
    path = Path("listener.toml")
    path.write_text(
        path.read_text().replace('name = "deskside"', 'name = "deskside"\nenabled = false').replace("paperless-ops", "renamed")
    )
    ended = demo("run", "--json")  # the sample is not served any more
    assert ended.status == 0
    assert {skipped["source"] for skipped in ended.lines[0]["skipped"]} == {"deskside"}
    lines = {line["source"]: line for line in demo("sources", "--json").lines}
    assert (lines["deskside"]["health"], lines["deskside"]["reason"]) == ("disabled", "switched off in the configuration")
    assert lines["paperless-ops"]["reason"] == "it is not in the configuration any more"
    assert lines["clause-and-effect"]["health"] in {"failed", "waiting"}
    assert lines["clause-and-effect"]["next_at"]
    assert "left alone until" in demo("sources").out


def test_mentions(demo) -> None:
    found = demo("mentions", "signature", "--json", "--limit", 3).lines
    assert len(found) == 3
    assert all("signature" in (one["text"] + (one["title"] or "")).lower() for one in found)
    ended = demo("mentions", "--source", "deskside")
    assert ended.out.splitlines()[0].split() == ["id", "said", "(UTC)", "source", "about", "us", "relevance", "text"]
    assert "clause-and-effect" not in ended.out
    assert demo("mentions", "zzzzzz").out == "Nothing like that was heard.\n"
    refused = demo("mentions", "signature AND (lang:en OR langs:de)")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.splitlines()[0].startswith("Error in the query: there is no field langs:; expected one of: author, ")
    assert refused.err.splitlines()[1:] == ["  signature AND (lang:en OR langs:de)", "  " + " " * 26 + "^"]
    assert demo("mentions", " ").status == 2
    asked = demo("mentions", "signature -@jobs source:deskside", "--json").lines
    assert {one["source"] for one in asked} <= {"deskside"}
    assert len(asked) <= len(demo("mentions", "signature", "--json").lines)
    hidden = demo("mentions", "--hidden", "--json").lines
    assert {one["level"] for one in hidden} <= {"low"}
    assert demo("mentions", "list", "show", "--limit", 1).status == 0
    unknown = demo("mentions", "list", "--source", "nosuch")
    assert unknown.status == 2
    assert "there is no source named 'nosuch'" in unknown.err
    assert "one of: " in unknown.err
    assert "deskside" in unknown.err
    assert demo("mentions", "zzzzzz", "--source", "deskside").out == "Nothing like that was heard.\n"


def test_one_mention_tells_what_every_step_made_of_it(demo) -> None:
    mentions = demo("mentions", "--json", "--limit", 500).lines
    shown = {one["mention_id"]: demo("mentions", "show", one["mention_id"]).out for one in mentions}
    assert any("promoter:" in text for text in shown.values())
    text = "\n".join(shown.values())
    for words in (
        "no: it names nothing of ours",
        "no: the name stands in it, but nothing shows that it means us",
        "one of us: heard, never judged",
        "unscored, because",
        "not looked at: only authors who speak about us are",
        "How we know who wrote it (each bit doubles the odds",
        "before anything is known of them",
        "Wrong? listener identities unlink",
        "no: a repost, or a copy",
    ):
        assert words in text
    one = demo("mentions", "show", mentions[0]["mention_id"], "--json").lines[0]
    assert one["mention"]["mention_id"] == mentions[0]["mention_id"]
    ended = demo("mentions", "show", 99999)
    assert (ended.status, ended.out) == (1, "")
    assert "there is no mention 99999" in ended.err


def case_of(demo, kind: str) -> int:
    return int(demo("cases", "--kind", kind, "--json").lines[0]["case_id"])


def test_cases_and_decisions(demo) -> None:
    candidate = case_of(demo, "candidate")
    shown = demo("cases", "show", candidate)
    assert "promoter, probability" in shown.out
    assert "Possible now: confirm" in shown.out
    assert "What they said" in shown.out
    assert demo("cases", "decide", candidate, "confirm", "--note", "=asked by phone", "--by", "Sam").out.endswith(
        "is now confirmed\n"
    )
    history = demo("cases", "show", candidate, "--json").lines[0]
    assert history["events"][-1]["actor"] == "Sam"
    assert history["events"][-1]["reason"] == "=asked by phone"
    assert "contacted" in history["actions"]
    assert "confirm by Sam: now confirmed; =asked by phone" in demo("cases", "show", candidate).out
    refused = demo("cases", "decide", candidate, "confirm")
    assert refused.status == 2
    assert "possible now: contacted" in refused.err


def test_the_list_of_cases_names_people_and_what_is_due(demo) -> None:
    ended = demo("cases", "--kind", "follow-up")
    assert ended.out.splitlines()[0].split() == ["id", "kind", "state", "person", "company", "due", "assignee"]
    assert "Rahul Deshvane" in ended.out
    assert "listener cases decide ID ACTION" in ended.out


def test_assigning_snoozing_and_closing(demo) -> None:
    follow_up = case_of(demo, "follow-up")
    assert demo("cases", "decide", follow_up, "assign").status == 2
    assert demo("cases", "decide", follow_up, "assign", "--to", "Sam Ridley", "--json").lines[0]["assignee"] == "Sam Ridley"
    assert demo("cases", "decide", follow_up, "snooze", "--until", "7d", "--json").lines[0]["state"] == "snoozed"
    assert demo("cases", "decide", follow_up, "dismiss").status == 0
    assert follow_up not in [one["case_id"] for one in demo("cases", "--json").lines]
    assert follow_up in [one["case_id"] for one in demo("cases", "--all", "--json").lines]
    assert demo("cases", "show", 99999).status == 1
    assert demo("cases", "--brand", "other").out.startswith("No case is open.")


def test_the_export_is_harmless_and_private(demo) -> None:
    candidate = case_of(demo, "candidate")
    demo("cases", "decide", candidate, "assign", "--to", "=HYPERLINK(1)")
    ended = demo("cases", "export", "cases.csv")
    assert ended.out == f"Wrote {len(demo('cases', '--json').lines)} cases to cases.csv\n"
    with Path("cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["assignee"] for row in rows} == {"", "'=HYPERLINK(1)"}
    assert all(row["case_id"] and row["name"] for row in rows)
    assert Path("cases.csv").stat().st_mode & 0o777 == 0o600
    assert demo("cases", "export", "-", "--kind", "candidate").out.startswith("case_id,kind,state,brand")
    assert demo("cases", "export", "x.csv", "--json").lines[0]["written"] == "x.csv"


def test_customers(demo) -> None:
    assert "of 60 customers" in demo("customers").out
    customer = demo("customers", "list", "Kaduwa", "--json").lines[0]
    shown = demo("customers", "show", customer["contact_id"]).out
    assert "Kaduwa Solar" in shown
    assert "e-mail" in shown
    (whole,) = demo("customers", "show", customer["contact_id"], "--json").lines
    assert whole.items() >= customer.items()
    ended = demo("customers", "show", "nobody")
    assert (ended.status, ended.out) == (1, "")


def test_importing_customers(demo) -> None:
    lines = Path("customers.csv").read_text().splitlines()
    Path("more.csv").write_text("\n".join([*lines, lines[1], ",,,"]) + "\n")
    ended = demo("customers", "import", "more.csv", "--json")
    assert ended.status == 0
    assert (ended.lines[0]["new"], ended.lines[0]["changed"], ended.lines[0]["retired"]) == (0, 0, 0)
    assert [one["row"] for one in ended.lines[0]["rejected"]] == ["row 62"]
    Path("few.csv").write_text("\n".join(lines[:5]) + "\n")
    ended = demo("customers", "import", "few.csv")
    assert ended.status == 1
    assert "--allow-shrink" in ended.err
    assert "56  gone" in demo("customers", "import", "few.csv", "--allow-shrink").out
    assert demo("customers", "import", "no.csv").status == 2


def test_the_digest_in_every_form(demo) -> None:
    text, html, data = demo("digest"), demo("digest", "--format", "html"), demo("digest", "--json")
    assert "NEEDS A CALL" in text.out
    assert html.out.startswith("<!")
    day = data.lines[0]["day"]
    assert demo("digest", "--date", day).out == text.out
    assert demo("digest", "--out", "today.txt").out == "Wrote today.txt\n"
    assert Path("today.txt").read_text().rstrip("\n") == text.out.rstrip("\n")
    assert demo("digest", "--out", "today.json", "--json").lines == [{"written": "today.json", "format": "json"}]
    ended = demo("digest", "--date", "2001-01-01")
    assert (ended.status, ended.out) == (1, "")
    assert demo("digest", "--date", "soon").status == 2
    assert "Everybody has today's digest already" in demo("digest", "--send").out


def test_a_digest_can_be_sent_at_once(demo) -> None:
    path = Path("listener.toml")
    path.write_text(path.read_text() + '\n[[notifiers]]\nname = "share"\nkind = "file"\nfolder = "share"\n')
    ended = demo("digest", "--send")
    assert ended.status == 0
    assert "1 digest made, 1 message sent" in ended.out
    assert len(list(Path("share").iterdir())) == 2
    assert demo("digest", "--send", "--json").lines[0]["digests"] == 0


def test_a_message_that_cannot_be_sent_is_said(demo) -> None:
    path = Path("listener.toml")
    mail = 'kind = "email"\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\nfrom = "a@q.example"\nto = ["b@q.example"]\n'
    path.write_text(path.read_text() + f'\n[[notifiers]]\nname = "mail"\n{mail}')
    ended = demo("digest", "--send")
    assert ended.status == 1
    assert "1 message could not be sent" in ended.err


def test_a_person_is_exported_and_erased(demo) -> None:
    case = demo("cases", "--kind", "candidate", "--json").lines[0]
    exported = demo("person", "export", "--contact", case["contact_id"])
    assert exported.status == 0
    assert case["name"] in exported.out
    assert demo("person", "erase", "--contact", case["contact_id"]).status == 2
    assert demo("person", "erase", "--contact", case["contact_id"], "--yes").out.startswith("Erased ")
    assert demo("person", "export", "--contact", case["contact_id"]).status == 1
    assert case["name"] not in demo("cases", "--all", "--json").out
    assert demo("person", "erase", "--contact", case["contact_id"], "--yes").out == "Nothing is kept about such a person.\n"
    assert demo("person", "erase", "--account", "x:@nobody-at-all", "--yes", "--json").lines[0]["digest_entries"] == 0


@pytest.mark.parametrize("options", [[], ["--contact", "1", "--author", "2"], ["--account", "nobody"], ["--account", ":x"]])
def test_a_person_is_named_in_one_way(demo, options: list[str]) -> None:
    assert demo("person", "export", *options).status == 2


def test_the_database(demo) -> None:
    assert demo("db", "upgrade").out == "The schema is up to date.\n"
    assert demo("db", "upgrade", "--json").lines == [{"upgraded": True, "former": None, "backup": None}]
    status = demo("db", "status", "--json").lines[0]
    assert status["rows"]["customers"] == 60
    assert status["problems"] == []
    assert "Integrity: nothing wrong found." in demo("db", "status").out
    assert "posts emptied" in demo("db", "prune").out
    assert demo("db", "prune", "--json").lines[0]["customers"] == 0


def test_a_database_that_is_none(demo) -> None:
    Path("listener.db").write_bytes(b"this is no database" * 1000)
    for words in (["sources"], ["run"], ["db", "status"], ["cases"]):
        ended = demo(*words)
        assert ended.status == 1
        assert ended.err.startswith("Error: ")
        assert "Traceback" not in ended.err


def test_preview_of_sources_and_files(demo) -> None:
    ended = demo("preview", "export", "mentions.jsonl", "--limit", 2, "--json")
    assert ended.status == 0
    assert [line["input"] for line in ended.lines] == ["export"] * 2 + ["mentions.jsonl"] * 2
    assert {"platform", "external_id", "url", "title", "text", "author", "published_at", "language"} <= set(ended.lines[0])
    Path("again.jsonl").write_text(demo("preview", "mentions.jsonl", "--json").out)
    again = demo("preview", "again.jsonl", "--json").lines
    first = demo("preview", "mentions.jsonl", "--json").lines
    assert [{**line, "input": ""} for line in again] == [{**line, "input": ""} for line in first]
    assert "from mentions.jsonl" in demo("preview", "mentions.jsonl", "--limit", 1).out


def test_preview_goes_on_after_an_input_that_fails(demo) -> None:
    Path("feed.xml").write_text(
        "<rss version='2.0'><channel><item><guid>1</guid><title>T</title><description>&lt;b&gt;Words&lt;/b&gt; in English here"
        "</description></item></channel></rss>"
    )
    Path("empty.xml").write_text("<rss version='2.0'><channel></channel></rss>")
    Path("page.xml").write_text("<!doctype html><html><body>no feed</body></html>")
    ended = demo("preview", "nope", "http://127.0.0.1:9/", "page.xml", "ftp://x.example/", "feed.xml", "--json")
    assert ended.status == 1
    assert [line["input"] for line in ended.lines if "error" in line] == [
        "nope",
        "http://127.0.0.1:9/",
        "page.xml",
        "ftp://x.example/",
    ]
    assert ended.lines[-1]["text"] == "Words in English here"
    assert "no source, address or file of that name; sources: " in ended.lines[0]["error"]
    ended = demo("preview", "empty.xml", "nope")
    assert ended.status == 1
    assert "empty.xml: nothing to hear there now" in ended.out
    assert "Error: nope: " in ended.err


def test_preview_needs_no_configuration(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("feed.json").write_text(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": "1", "content_text": "hello"}]})
    )
    assert run("preview", "feed.json", "--json").lines[0]["text"] == "hello"


def test_match_uses_the_customers_and_leaves_nothing_behind(demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    customer = demo("customers", "list", "--json", "--limit", 1).lines[0]
    authors = [
        {
            "author_id": "a",
            "platform": "blog",
            "display_name": f"{customer['first_name']} {customer['last_name']}",
            "email": customer["email"],
        },
        {"author_id": "b", "platform": "x", "handle": "", "links": "", "followers": "", "extra": 1},
        {"author_id": "c", "platform": 5},
    ]
    ended = demo("match", "--customers", "customers.csv", given="".join(json.dumps(one) + "\n" for one in authors))
    assert ended.status == 1
    linked, nobody = ended.lines
    assert (linked["author_id"], linked["decision"], linked["contact_id"]) == ("a", "link", customer["contact_id"])
    assert linked["probability"] > 0.9
    assert all(set(piece) == {"what", "weight_bits"} for piece in linked["evidence"])
    assert (nobody["author_id"], nobody["decision"], nobody["contact_id"]) == ("b", "none", None)
    assert "line 3: platform" in ended.err
    assert (
        demo("match", "--customers", "customers.csv", "--policy", "ignore", given=json.dumps(authors[0])).lines[0]["decision"]
        == "link"
    )
    assert demo("match", "--customers", "none.csv").status == 2
    assert list(scratch.iterdir()) == []


def test_identities_on_the_sample(demo) -> None:
    """A queue that can be worked through with the commands that it shows, and taken back."""
    shown = demo("identities")
    waiting = demo("identities", "review", "--json", "--limit", 100).lines
    proposals = [one for one in waiting if "match" in one and one["match"]["outcome"] == "review"]
    assert shown.out.startswith(f"{len(proposals)} author")
    assert max(map(len, shown.out.splitlines())) <= 80
    assert [one["match"]["probability"] for one in proposals] == sorted(
        (one["match"]["probability"] for one in proposals), reverse=True
    )
    first = proposals[0]
    block = shown.out.partition("\n\n")[2].partition("\n\n")[0]
    for words in ("could be", " for ", " bits)", "wrote", first["candidate"]["contact_id"], "listener mentions show"):
        assert words in block
    yes = block.partition("  yes")[2].split("\n")[0].split()
    assert yes == ["listener", "identities", "link", str(first["author_id"]), first["match"]["contact_id"]]
    done = demo(*yes[1:], "--note", "she said so", "--by", "Sam")
    assert f"counts as {first['candidate']['first_name']}" in done.out
    explained = demo("identities", "explain", first["author_id"])
    assert "linked by hand: Sam on " in explained.out
    assert "she said so" in explained.out
    assert (
        "before anything is known of them"
        in demo("identities", "explain", first["author_id"], "--contact", first["match"]["contact_id"]).out
    )
    assert demo("identities", "review", "--json", "--limit", 100).lines != waiting
    again = demo("identities", *yes[2:])
    assert "That was decided before" in again.out
    undone = demo("identities", "undo", 1, "--json").lines[0]
    assert undone["identity"]["match"] == first["match"]
    rest = [one for one in demo("identities", "review", "--json", "--limit", 100).lines if "match" in one]
    assert [one["author_id"] for one in rest if one["match"]["outcome"] == "review"] == [one["author_id"] for one in proposals]
    assert demo("identities", "decisions").out.startswith("Nothing was decided yet")
    assert "she said so" in demo("identities", "decisions", "--all").out


def test_a_page_about_a_case_or_a_mention_says_how_to_undo_the_link_it_rests_on(demo) -> None:
    candidate = case_of(demo, "candidate")
    shown = demo("cases", "show", candidate).out
    facts = demo("cases", "show", candidate, "--json").lines[0]
    assert "How we know who this is (each bit doubles the odds, each below zero halves them)" in shown
    for one in facts["identities"][:3]:
        assert f"listener identities unlink {one['author_id']}" in shown
        assert one["match"]["evidence"][0]["what"][:20] in shown
    heard = demo("mentions", "show", facts["mention_ids"][0]).out
    assert "linked to " in heard
    assert "Wrong? listener identities unlink" in heard
    number = int(heard.partition("listener identities unlink ")[2].split()[0])
    assert demo("identities", "unlink", number).status == 0
    assert "Wrong?" not in demo("mentions", "show", facts["mention_ids"][0]).out
