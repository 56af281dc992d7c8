"""CRM exports as they really come: what can be used is imported; what cannot is named by its row, and never by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Ended, call

HEADER = "contact_id,first_name,last_name,email,company,notes\n"
CONFIG = (
    '[[brands]]\nname = "Quillon"\n[customers]\nfile = "crm.csv"\n[[sources]]\nname = "file"\nkind = "file"\npath = "m.jsonl"\n'
)
SECRET = "Zaphod"


def rows(count: int) -> str:
    return HEADER + "".join(f"C{n},{SECRET},Nr {n},c{n}@fenwick.example,Fenwick,\n" for n in range(1, count + 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "listener.toml").write_text(CONFIG)
    (tmp_path / "m.jsonl").write_text('{"text": "Quillon is great, we love it.", "author": {"email": "c1@fenwick.example"}}\n')
    return tmp_path


def imported(folder: Path, content: str | bytes) -> Ended:
    (folder / "export.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return call("customers", "import", "export.csv", "--json", folder=folder)


def known(folder: Path) -> set[str]:
    return {one["contact_id"] for one in call("customers", "list", "--limit", 1000, "--json", folder=folder).lines}


def test_rows_that_cannot_be_used_are_named_and_the_others_imported(folder: Path) -> None:
    long = SECRET * 834
    ended = imported(
        folder,
        f"{HEADER}"
        f"C1,{SECRET},B,c1@fenwick.example,Fenwick,\n"
        f"C1,{SECRET},Twice,c2@fenwick.example,Fenwick,\n"
        f"C3,{SECRET},Long,c3@fenwick.example,{long},\n"
        f'C4,"=HYPERLINK(""http://evil.example"",""{SECRET}"")",F,c4@fenwick.example,Fenwick,\n'
        f"C5,{SECRET},Many,c5@fenwick.example,Fenwick,,,,\n"
        f",{SECRET},Nobody,c6@fenwick.example,Fenwick,\n"
        f'C7,{SECRET},Notes,c7@fenwick.example,Fenwick,"two\nlines"\n'
        f'C8,{SECRET},"Open,c8@fenwick.example,Fenwick,\n'
        f'C9,{SECRET},Swallowed,c9@fenwick.example,"Fenwick",\n'
        f'="0010",+{SECRET},-B,c10@fenwick.example,@Fenwick,\n'
        f'C11,{SECRET},Last,c11@fenwick.example,Fenwick,"never closed\nC12,{SECRET},Eaten,,,\n',
    )
    assert ended.status == 0
    [report] = ended.lines
    assert report["new"] == 3
    assert {one["row"]: one["reason"] for one in report["rejected"]} == {
        "row 3": "its contact_id stands in an earlier row, which is kept; the data differ",
        "row 4": "the cell in column company is longer than 5000 characters",
        "row 5": "the cell in column first_name is a spreadsheet formula",
        "row 6": "it has 9 cells, the header has 6",
        "row 7": "it has no contact_id",
        "row 9": "the cell in column last_name has several lines: is a quotation mark not closed?",
        "row 11": "the cell in column notes has several lines: is a quotation mark not closed?",
    }
    assert SECRET not in ended.err
    assert known(folder) == {"C1", "C7", "0010"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"Name,Stadt\n{SECRET},Berlin\n", "export.csv: row 1: no column for contact_id"),
        (f"C1,{SECRET},Beeblebrox,c1@fenwick.example\n", "none of its 4 columns is known (is the first row a header?)"),
        ("", "export.csv: row 1: the file is empty"),
        (
            f"{HEADER}C1,{SECRET} Ünï,B,c1@fenwick.example,F,\n".encode() + b"C2,\xff,B,,,\n",
            "export.csv: row 3: not correct UTF-8",
        ),
        (HEADER.encode() + bytes(range(128, 160)), "export.csv: row 2: neither UTF-8 nor Windows-1252"),
        (b"\xff\xfe" + b"a\x00\x00\xd8", "export.csv: "),
    ],
)
def test_a_file_of_no_use_is_named_and_changes_nothing(folder: Path, content: str | bytes, said: str) -> None:
    imported(folder, rows(3))
    ended = imported(folder, content)
    assert (ended.status, ended.out) == (1, "")
    assert said in ended.err
    assert SECRET not in ended.err
    assert "Traceback" not in ended.err
    assert known(folder) == {"C1", "C2", "C3"}


def test_what_spreadsheets_write_in_western_europe_is_read(folder: Path) -> None:
    assert imported(folder, f"{HEADER}C1,Zoë,Müller,z@fenwick.example,F,\n".encode("cp1252")).lines[0]["new"] == 1
    assert call("customers", "show", "C1", "--json", folder=folder).lines[0]["last_name"] == "Müller"


def test_a_file_that_shrank_is_refused_and_says_how_to_insist(folder: Path) -> None:
    imported(folder, rows(10))
    ended = imported(folder, rows(4))
    assert ended.status == 1
    assert "4 customers where the last one had 10; nothing was changed" in ended.err
    assert "--allow-shrink" in ended.err
    assert len(known(folder)) == 10
    assert call("customers", "import", "export.csv", "--allow-shrink", folder=folder).status == 0
    assert len(known(folder)) == 4


def test_a_run_goes_on_without_the_export_and_says_so_once(folder: Path) -> None:
    (folder / "crm.csv").write_text(rows(10))
    assert call("run", folder=folder).status == 0
    for content, why in ((rows(2), "2 customers where the last one had 10"), (f"x,y\n{SECRET},1\n", "crm.csv: row 1: no column")):
        (folder / "crm.csv").write_text(content)
        ended = call("run", folder=folder)
        assert ended.status == 0
        assert f"Customers: not imported, those of the last import stay: {why}" in ended.out.replace("The import has ", "")
        assert (ended.said.count(why), ended.err) == (1, "")
        assert why in call("run", "--json", folder=folder).lines[0]["customers"]["refused"]
    assert len(known(folder)) == 10
