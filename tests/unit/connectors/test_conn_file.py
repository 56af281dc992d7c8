"""The file connector: JSON lines and CSV, row by row."""

import json
import os
import re
from datetime import UTC, datetime

import pytest

from connectors import _tables
from connectors.file import SPEC, Options
from listener.core.errors import SourceProtocolError, SourceRejected
from listener.core.mention import Kind, Markup
from tests.unit.connectors.conn_door import ScriptedDoor, context

FULL = {
    "input": "preview.jsonl",
    "platform": "forum",
    "origin": "f.example",
    "external_id": "p-1",
    "url": "https://f.example/1",
    "title": "A title",
    "text": "Some <words>",
    "author": {
        "service_id": "77",
        "handle": "@jo",
        "display_name": "Jo",
        "profile_url": "https://f.example/jo",
        "email": "jo@f.example",
        "bio": "Writes\nthings",
        "location": "Riga",
        "links": ["https://jo.example/", "javascript:x", 5],
        "followers": 10,
        "following": 2,
        "created_year": 2011,
        "verified": True,
    },
    "published_at": "2026-01-05T10:00:00+01:00",
    "language": "en",
    "kind": "comment",
    "markup": "html",
    "rating": 4.5,
    "engagement": 12,
    "repost_of": "p-0",
    "unknown": {"is": "ignored"},
}


def run(path, cursor=None, **more):
    options = {"path": str(path), **{key: more.pop(key) for key in ("platform",) if key in more}}
    return list(SPEC.build(Options(**options), context(ScriptedDoor(), **more)).pages(cursor or {}))


def lines(path, *rows):
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def rejects(pages):
    return [(rejected.item, rejected.reason) for page in pages for rejected in page.rejected]


def test_every_field_of_a_row_is_read(tmp_path):
    (page,) = run(lines(tmp_path / "m.jsonl", FULL))
    (mention,) = page.mentions
    assert (mention.platform, mention.origin, mention.external_id) == ("forum", "f.example", "p-1")
    assert (mention.kind, mention.markup, mention.rating, mention.engagement) == (Kind.COMMENT, Markup.HTML, 4.5, 12)
    assert mention.published_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert mention.author.links == ("https://jo.example/",)
    assert (mention.author.service_id, mention.author.verified, mention.author.created_year) == ("77", True, 2011)
    assert (mention.title, mention.text, mention.language, mention.repost_of) == ("A title", "Some <words>", "en", "p-0")


def test_a_row_of_preview_needs_little(tmp_path):
    row = {"platform": None, "external_id": None, "url": None, "title": None, "text": "x", "author": None, "published_at": None}
    (page,) = run(
        lines(tmp_path / "m.jsonl", row, {"text": "y", "author": "Jo", "external_id": 12345678901234567890123}), platform="web"
    )
    one, two = page.mentions
    assert (one.platform, one.external_id[:8], one.published_at) == ("web", "content:", None)
    assert (two.author.display_name, two.external_id) == ("Jo", "12345678901234567890123")
    assert one.origin == f"file:{tmp_path / 'm.jsonl'}"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "one JSON array"),
        ('{"text": "x"} extra', "not JSON"),
        ({"text": ""}, "neither text nor title"),
        ({"text": ["x"]}, "text is not text"),
        ({"text": "x" * 200_001}, "text is longer than 200,000"),
        ({"text": "x", "published_at": "yesterday"}, "published_at is not an ISO 8601 time"),
        ({"text": "x", "author": 5}, "author is neither"),
        ({"text": "x", "author": {"links": "x"}}, r"author\.links is not a list"),
        ({"text": "x", "author": {"verified": "perhaps"}}, r"author\.verified"),
        ({"text": "x", "author": {"followers": "many"}}, r"author\.followers is not a number"),
        ({"text": "x", "rating": 6}, "rating is not between 1 and 5"),
        ({"text": "x", "rating": "nan"}, "rating is not between"),
        ({"text": "x", "kind": "sermon"}, "kind is not one of post, comment, repost"),
        ({"text": "x", "title": True}, "title is not text"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(tmp_path, row, why):
    path = lines(tmp_path / "m.jsonl", {"text": "before"}, row, {"text": "after"})
    if isinstance(row, str) and row.startswith("[["):
        why = "nested too deeply"
    pages = run(path)
    assert [mention.text for page in pages for mention in page.mentions] == ["before", "after"]
    ((item, reason),) = rejects(pages)
    assert item == "m.jsonl row 2"
    assert re.search(why, reason)


def test_a_row_that_is_too_long_or_not_utf8_costs_only_itself(tmp_path):
    path = tmp_path / "m.jsonl"
    long = b'{"text": "' + b"x" * 3_000_000 + b'"}\n'
    path.write_bytes(b'{"text": "a"}\n' + long + b'{"text": "caf\xe9"}\n\n"no object"\n{"text": "z"}')
    pages = run(path)
    assert [mention.text for mention in pages[0].mentions] == ["a", "z"]
    assert rejects(pages) == [
        ("m.jsonl row 2", "it is longer than 1,000,000 characters"),
        ("m.jsonl row 3", "it is not UTF-8"),
        ("m.jsonl row 5", "it is not a JSON object"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_a_header(tmp_path, delimiter):
    path = tmp_path / "m.csv"
    header = ["ID", "Text", "author", "author_handle", "author.links", "Author_Name", "date", "rating", "link"]
    row = [
        "7",
        '"two\nlines, ""quoted"""',
        "",
        "@jo",
        "https://jo.example/ https://b.example/",
        "Jo",
        "2026-01-05",
        "5",
        "https://b.example/7",
    ]
    path.write_text(
        delimiter.join(header) + "\n" + delimiter.join(row) + "\n\n" + delimiter.join(["8", "short"]) + "\n", "utf-8-sig"
    )
    (page,) = run(path)
    one, two = page.mentions
    assert (one.external_id, one.text, one.rating, one.url) == ("7", 'two\nlines, "quoted"', 5.0, "https://b.example/7")
    assert (one.author.handle, one.author.display_name, len(one.author.links)) == ("@jo", "Jo", 2)
    assert one.published_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert (two.external_id, two.text) == ("8", "short")


def test_bad_rows_of_csv_are_named(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b"text,id\na,1\nb,2,3\ncaf\xe9,4\n,5\nok,6\nnul\x00byte,7\n")
    pages = run(path)
    assert [mention.external_id for mention in pages[0].mentions][:2] == ["1", "6"]
    assert rejects(pages)[:3] == [
        ("m.csv row 3", "it has 3 cells, the header has 2"),
        ("m.csv row 4", "it is not UTF-8"),
        ("m.csv row 5", "it has neither text nor title"),
    ]
    assert len(pages[0].mentions) + len(rejects(pages)) == 6


def test_a_huge_cell_costs_only_its_row(tmp_path, monkeypatch):
    monkeypatch.setattr(_tables, "LONGEST_LINE", 1000)
    path = tmp_path / "m.csv"
    path.write_text("text,id\na,1\n" + "x" * 5000 + ",2\nb,3\n")
    pages = run(path)
    assert {"1", "3"} <= {mention.external_id for mention in pages[0].mentions}
    assert "field larger than field limit (1000)" in rejects(pages)[0][1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"url,mail\nx,y\n", r"neither JSON lines nor CSV with a column text or title \(its columns: url, mail\)"),
        (b"Ada,ada@fenwick.example\nx,y\n", r"neither JSON lines nor CSV with a column text or title$"),
        ("text\nx".encode("utf-16"), "UTF-16"),
        (b'[{"text": "x"}]', "one JSON array"),
    ],
)
def test_a_file_of_no_use_is_an_error(tmp_path, content, why):
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(SourceProtocolError, match=why):
        run(tmp_path / "m.csv")


def test_an_empty_file_holds_nothing(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"")
    (page,) = run(tmp_path / "m.csv")
    assert (page.mentions, page.rejected) == ((), ())


def test_an_unchanged_file_is_not_read_again(tmp_path, monkeypatch):
    path = lines(tmp_path / "m.jsonl", {"text": "x"})
    (first,) = run(path)
    cursor = json.loads(json.dumps(first.cursor))
    os.utime(path, (1, 1))
    (touched,) = run(path, cursor)
    assert touched.unchanged
    monkeypatch.setattr("connectors.file.hashlib.sha256", None)
    (again,) = run(path, touched.cursor)
    assert again.unchanged
    assert again.cursor == touched.cursor


def test_a_file_that_grew_is_read_again(tmp_path):
    path = lines(tmp_path / "m.jsonl", {"text": "x"})
    (first,) = run(path)
    lines(path, {"text": "x"}, {"text": "y"})
    (second,) = run(path, first.cursor)
    assert len(second.mentions) == 2


def test_a_pattern_names_several_files_of_one_origin(tmp_path):
    for month in ("01", "02"):
        lines(tmp_path / f"export-{month}.jsonl", {"text": month, "external_id": month})
    pages = run(tmp_path / "export-*.jsonl")
    assert [mention.external_id for page in pages for mention in page.mentions] == ["01", "02"]
    assert len({mention.origin for page in pages for mention in page.mentions}) == 1
    (tmp_path / "export-01.jsonl").unlink()
    (after,) = run(tmp_path / "export-*.jsonl", pages[-1].cursor)
    assert after.unchanged
    assert list(after.cursor["files"]) == [str(tmp_path / "export-02.jsonl")]


def test_a_name_with_the_characters_of_a_pattern_is_a_name(tmp_path):
    assert len(run(lines(tmp_path / "a[1].jsonl", {"text": "x"}))[0].mentions) == 1


def test_paths_count_from_the_folder_of_the_configuration(tmp_path):
    lines(tmp_path / "m.jsonl", {"text": "x"})
    (page,) = run("m.jsonl", folder=tmp_path)
    assert page.mentions[0].origin == "file:m.jsonl"


def test_many_rows_come_in_pages(tmp_path):
    path = lines(tmp_path / "m.jsonl", *({"text": "x", "external_id": n} for n in range(1200)))
    pages = run(path)
    assert [len(page.mentions) for page in pages] == [500, 500, 200]
    assert [bool(page.cursor["files"]) for page in pages] == [False, False, True]
    assert sum(len(page.mentions) for page in run(path, limit=501)) == 501


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SourceRejected, match=r"none\.csv: no such file"):
        run(tmp_path / "none.csv")
    with pytest.raises(SourceRejected, match="not a file"):
        run(tmp_path)


@pytest.mark.parametrize("moment", ["stat", "open"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, monkeypatch, moment):
    path = lines(tmp_path / "m.jsonl", {"text": "x"})

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("connectors.file.hashlib.sha256" if moment == "stat" else "connectors.file.rows", refused)
    with pytest.raises(SourceRejected, match=r"cannot be read \(Permission denied\)"):
        run(path)
