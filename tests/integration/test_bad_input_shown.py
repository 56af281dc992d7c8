"""What anybody can write into names and texts, where it is shown: on a terminal, on a page, in a spreadsheet, in a pipe."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from listener.cli.sheets import FORMULA
from tests.support.commands import call, spawn

NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><b>bold',
    "\u202egnp.exe\u202c",
    "\u2066hidden\u2069\u200b\u200d",
    "x\x1b[31mred\x1b]0;title\x07",
    "@SUM(1+1)",
    "-2+3+cmd|' /C calc'!A1",
    "\t=1+1",
    "＝1+1",
    "two\r\nBcc: someone@evil.example",
    "{{ 7*7 }} [bold red]x[/]",
    "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307" * 20,
    "A" * 4990,
)
CONFIG = """
[[brands]]
name = "Quillon"
[customers]
file = "crm.csv"
[[sources]]
name = "<b>export"
kind = "file"
path = "m.jsonl"
"""
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]")
PLAIN = (
    ["cases"],
    ["cases", "show", "1"],
    ["mentions"],
    ["mentions", "show", "1"],
    ["customers"],
    ["customers", "show", "C13"],
    ["digest"],
)


@dataclass
class Shown:
    folder: Path
    page: str
    text: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("shown")
    crm = io.StringIO()
    sheet = csv.writer(crm)
    sheet.writerow(["contact_id", "last_name", "email", "company", "title", "owner"])
    posts = []
    for number, name in enumerate(NAMES):
        one_line = name.replace("\r\n", " ").strip().lstrip("=")
        sheet.writerow([f"C{number}", one_line, f"c{number}@fenwick.example", one_line, one_line, one_line])
        verdict = "terrible and broken" if number % 2 else "great, we love it"
        author = {"display_name": name[:300], "email": f"c{number}@fenwick.example", "profile_url": "javascript:alert(1)"}
        posts.append(
            {"external_id": f"k{number}", "text": f"Quillon is {verdict}. {name}", "title": name[:900], "author": author}
        )
        posts.append({"external_id": f"u{number}", "text": f"Quillon is {verdict}", "author": {"handle": name[:300]}})
        posts[-1]["url"] = "javascript:alert(1)" if number % 3 else f'https://evil.example/{number}?x="><script>alert(1)</script>'
    (folder / "listener.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "crm.csv").write_bytes(crm.getvalue().encode())
    (folder / "m.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts))
    ended = call("run", folder=folder)
    assert ended.status == 0, ended.err
    [page], [text] = ((folder / "digests").glob(f"digest-*.{kind}") for kind in ("html", "txt"))
    return Shown(folder, page.read_text(encoding="utf-8"), text.read_text(encoding="utf-8"))


class Tags(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_the_page_holds_nothing_that_runs_or_loads(shown: Shown) -> None:
    read = Tags(shown.page)
    assert not read.tags & {"script", "img", "iframe", "object", "svg", "link", "form"}
    assert not [name for name in read.attributes if name.startswith("on")]
    assert all(link.startswith(("https://", "http://", "mailto:", "#")) for link in read.links)
    page = shown.page.replace("&#34;", '"')
    assert any(html.escape(name, quote=False) in page for name in NAMES[:3]), "shown as what it is"
    assert not [name for name in NAMES[:3] if name in page]


@pytest.mark.parametrize("part", ["page", "text"])
def test_the_digest_holds_nothing_invisible_and_no_endless_name(shown: Shown, part: str) -> None:
    content = html.unescape(getattr(shown, part))
    assert not UNFIT.search(content)
    assert max(map(len, re.findall("A+", content))) < 300
    assert "\u0304" not in content, "marks that smear over the lines around"


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_a_terminal_gets_plain_lines_only(shown: Shown, command: list[str]) -> None:
    ended = call(*command, folder=shown.folder)
    assert (ended.status, ended.err) == (0, "")
    assert not UNFIT.search(ended.out)
    if "show" not in command:
        assert max(map(len, ended.out.splitlines())) < 1500, "one long name must not widen every row"


def test_json_lines_stay_lines_whatever_stands_in_them(shown: Shown) -> None:
    for command in (["cases"], ["mentions", "--limit", "1000"], ["customers"]):
        assert len(call(*command, "--json", folder=shown.folder).lines) >= len(NAMES)


def test_no_cell_of_the_export_is_a_formula(shown: Shown) -> None:
    ended = call("cases", "export", "cases.csv", "--all", folder=shown.folder)
    assert ended.status == 0
    content = (shown.folder / "cases.csv").read_bytes().decode("utf-8")
    header, *rows = csv.reader(io.StringIO(content, newline=""))
    assert len(rows) >= len(NAMES)
    assert {len(row) for row in rows} == {len(header)}
    cells = [cell for row in rows for cell in row if not re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)]
    assert not [cell[:40] for cell in cells if cell.startswith((*FORMULA, "\t", "\r", "\n"))]
    assert any(cell.startswith("'@SUM") for cell in cells)
    assert (shown.folder / "cases.csv").stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------------------------------------ preview


def test_of_several_inputs_the_bad_ones_are_named_and_the_good_ones_shown(shown: Shown, tmp_path: Path) -> None:
    inputs = {
        "good.jsonl": b'{"external_id": "1", "text": "Quillon is great."}\n',
        "part.jsonl": b'{"text": "Quillon."}\n[\n{"text": ["Zaphod"]}\n\xff\n',
        "page.xml": b"<html><body>Quillon</body></html>",
        "noise.bin": bytes(range(256)) * 20,
        "person.csv": b"Zaphod,zaphod@heart.example\n",
    }
    for name, content in inputs.items():
        (tmp_path / name).write_bytes(content)
    ended = spawn("preview", "--json", *inputs, "none", "ftp://x.example/", "http://127.0.0.1:1/feed", folder=tmp_path)
    assert ended.status == 1
    found = {line["input"]: line for line in ended.lines}
    assert found["good.jsonl"]["text"] == "Quillon is great."
    assert found["part.jsonl"]["text"] == "Quillon."
    errors = {name: line["error"] for name, line in found.items() if "error" in line}
    assert set(errors) == {"page.xml", "noise.bin", "person.csv", "none", "ftp://x.example/", "http://127.0.0.1:1/feed"}
    assert "it is a web page, not a feed" in errors["page.xml"]
    assert "no source, address or file of that name" in errors["none"]
    assert "it must begin with http:// or https://" in errors["ftp://x.example/"]
    assert "it lies in a private network" in errors["http://127.0.0.1:1/feed"]
    assert [line.split(": ", 1)[1] for line in ended.err.splitlines()] == [
        "part.jsonl row 2: it is not JSON",
        "part.jsonl row 3: text is not text",
        "part.jsonl row 4: it is not UTF-8",
    ]
    assert "aphod" not in ended.said


def test_for_people_an_input_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "page.xml").write_text("<html>")
    ended = call("preview", "page.xml", folder=tmp_path)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.count("page.xml") == 1


def test_what_preview_writes_a_source_hears(shown: Shown, tmp_path: Path) -> None:
    previewed = call("preview", "--json", str(shown.folder / "m.jsonl"), folder=tmp_path)
    assert previewed.status == 0
    assert len(previewed.lines) == 2 * len(NAMES)
    (tmp_path / "heard.jsonl").write_text(previewed.out, encoding="utf-8")
    (tmp_path / "listener.toml").write_text(
        '[[brands]]\nname = "Quillon"\n[[sources]]\nname = "piped"\nkind = "file"\npath = "heard.jsonl"\n'
    )
    [report] = call("run", "--json", folder=tmp_path).lines
    assert (report["new"], report["streams"][0]["rejected"]) == (len(previewed.lines), {})
    heard = call("mentions", "--limit", 1000, "--json", folder=tmp_path).lines
    assert sorted(one["text"] for one in heard) == sorted(one["text"] for one in previewed.lines)
