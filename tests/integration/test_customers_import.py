"""Importing customers as people do: dry run, report, history, duplicates, and the accidents."""

from __future__ import annotations

import csv
import io
import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.commands import Ended, call, finish, start

HEADER = ("contact_id", "first_name", "last_name", "email", "company", "website", "title", "city", "Phone")
CONFIG = '[[brands]]\nname = "Quillon"\n'
SYLLABLES = ("ba", "ko", "mi", "ra", "ten", "vol", "shi", "dra", "lun", "pe", "gor", "zu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "listener.toml").write_text(CONFIG)
    return tmp_path


def name(number: int) -> tuple[str, str]:
    def word(at: int) -> str:
        return (SYLLABLES[at % 12] + SYLLABLES[at // 12 % 12] + SYLLABLES[at // 144 % 12]).title()

    return word(number * 7), word(number * 11 + 500)


def person(number: int, **values: str) -> dict[str, str]:
    first, last = name(number)
    company = f"Company{number % 9}"
    site = f"https://{company.lower()}.example"
    row = (f"C{number}", first, last, f"{first}.{last}@{company}.example".lower(), company, site, "Buyer", "Elmstead", "+44 1")
    return {**dict(zip(HEADER, row, strict=True)), **values}


def export(*people: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(people)
    return out.getvalue()


def importing(folder: Path, content: str, *options: str) -> Ended:
    (folder / "crm.csv").write_text(content, encoding="utf-8")
    return call("customers", "import", "crm.csv", *options, folder=folder)


def report(folder: Path, content: str, *options: str) -> dict[str, object]:
    [found] = importing(folder, content, "--json", *options).lines
    return found


TWELVE = [person(number) for number in range(12)]


def test_a_dry_run_says_what_an_import_would_do_and_writes_nothing(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    stranger = {"first_name": "Xanthe", "last_name": "Quux", "email": "xanthe@quay.example"}
    second = [person(0, company="Northquay", website="https://northquay.example"), person(1, title="CTO"), person(2, **stranger)]
    second += [person(number) for number in range(3, 10)] + [person(20), person(20), person(21, email=person(3)["email"])]
    second += [person(20, title="CEO")]
    before = (folder / "listener.db").read_bytes()
    found = report(folder, export(*second), "--dry-run")
    assert (folder / "listener.db").read_bytes() == before
    assert (found["rows"], found["new"], found["changed"], found["unchanged"]) == (14, 2, 3, 7)
    assert (found["retired"], found["gone_ids"]) == (2, ["C10", "C11"])
    assert found["fields"] == {"company": 1, "site": 1, "title": 1, "name": 1, "e-mail": 1}
    assert found["moved"] == 1
    assert found["conflict_counts"] == {
        "an id that now belongs to somebody else": 1,
        "one id in two rows with other data": 1,
        "one e-mail address at two people": 1,
    }
    kinds = {one["kind"]: one["items"] for one in found["conflicts"]}
    assert kinds["one e-mail address at two people"] == ["C21", "C3"]
    assert len(found["rejected"]) == 2
    assert {"header": "Phone", "field": None} in found["columns"]
    real = report(folder, export(*second))
    assert {key: found[key] for key in ("new", "changed", "retired", "fields", "moved", "conflict_counts")} == {
        key: real[key] for key in ("new", "changed", "retired", "fields", "moved", "conflict_counts")
    }


def test_the_report_is_read_at_a_glance_and_tells_of_nobody(folder: Path) -> None:
    ended = importing(folder, export(*TWELVE, person(1, title="CTO")), "--dry-run")
    assert ended.status == 0
    assert ended.out.splitlines()[:6] == [
        "crm.csv: 13 rows, nothing was written",
        "",
        "    12  new",
        "     0  changed",
        "     0  unchanged",
        "     0  would be gone",
    ]
    assert "     1  one id in two rows with other data: row 14" in ended.out
    assert "kept as is  Phone" in ended.out
    assert ended.out.endswith("Next: the same command without --dry-run\n")
    for one in TWELVE:
        assert one["last_name"] not in ended.said
        assert one["email"] not in ended.said


def test_what_is_suspicious_is_said(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    found = report(folder, export(*({**one, "email": ""} for one in TWELVE)), "--dry-run")
    assert found["suspicious"] == ["e-mail: 12 of the 12 contacts who had it have none any more"]
    found = report(folder, export(*({**one, "email": f"{one['contact_id']}@all.example"} for one in TWELVE)), "--dry-run")
    assert found["suspicious"] == ["e-mail: 100% of the addresses are at one domain, of different companies"]


def test_an_export_that_shrank_fails_the_dry_run_too(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    ended = importing(folder, export(*TWELVE[:3]), "--dry-run")
    assert ended.status == 1
    assert "It would be refused: The import has 3 customers where the last one had 12." in ended.out
    assert "--allow-shrink" in ended.out
    assert importing(folder, export(*TWELVE[:3]), "--dry-run", "--allow-shrink").status == 0


def test_rows_that_repeat_retire_the_others_all_the_same(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    assert report(folder, export(*TWELVE[:10], TWELVE[0]))["retired"] == 2
    assert report(folder, export(*TWELVE[:8], {**TWELVE[0], "contact_id": ""}))["retired"] == 0


def test_former_companies_are_shown(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    importing(folder, export(person(0, company="Northquay", website="https://northquay.example"), *TWELVE[1:]))
    shown = call("customers", "show", "C0", folder=folder).out
    assert "company" in shown
    assert "Northquay" in shown
    assert "Buyer, Company0" in shown
    [found] = call("customers", "show", "C0", "--json", folder=folder).lines
    assert [one["company"] for one in found["former"]] == ["Company0"]


def test_duplicates_are_proposed_and_decided_for_good(folder: Path) -> None:
    again = {**person(5), "contact_id": "C105", "email": "other@mail.example", "last_name": person(5)["last_name"].upper()}
    people = [*TWELVE, again]
    assert report(folder, export(*people))["duplicates"] == 1
    listed = call("customers", "duplicates", folder=folder)
    assert "the same name, the same company, the same job title" in listed.out
    assert "Next: listener customers same C105 C5, or different" in listed.out
    assert "C105" in call("customers", "show", "C5", folder=folder).out
    assert call("customers", "different", "C5", "C105", folder=folder).status == 0
    assert "No possible duplicates." in call("customers", "duplicates", folder=folder).out
    people[5] = {**people[5], "title": "CTO"}
    assert report(folder, export(*people))["duplicates"] == 0
    assert call("customers", "same", "C5", "C105", folder=folder).status == 0
    [found] = call("customers", "show", "C5", "--json", folder=folder).lines
    assert found["same_person"] == ["C105"]
    assert call("customers", "same", "C5", "C999", folder=folder).status == 1
    assert call("customers", "same", "C5", "C5", folder=folder).status == 2


def test_two_imports_at_once_end_as_one_after_the_other(folder: Path) -> None:
    (folder / "one.csv").write_text(export(*(person(number) for number in range(400))))
    (folder / "two.csv").write_text(export(*(person(number, title="CTO") for number in range(400))))
    call("customers", "list", folder=folder)
    both = [start("customers", "import", f"{each}.csv", folder=folder) for each in ("one", "two")]
    ended = [finish(one) for one in both]
    assert all("Traceback" not in one.said for one in ended)
    assert any(one.status == 0 for one in ended)
    found = call("customers", "list", "--limit", 1000, "--json", folder=folder).lines
    assert len(found) == 400
    assert len({one["title"] for one in found}) == 1


def test_an_import_killed_in_the_middle_changes_nothing_and_is_repeated(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    (folder / "crm.csv").write_text(export(*(person(number, title="CTO") for number in range(6000))))
    process = start("customers", "import", "crm.csv", folder=folder)
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    found = call("customers", "list", "--limit", 10_000, "--json", folder=folder).lines
    assert len(found) in {12, 6000}
    assert len({one["title"] for one in found}) == 1
    assert call("customers", "import", "crm.csv", folder=folder).status == 0
    assert len(call("customers", "list", "--limit", 10_000, "--json", folder=folder).lines) == 6000


def test_hostile_cells_are_read_or_rejected_by_row(folder: Path) -> None:
    rows = [
        person(1, first_name="\u202eJ\u200bane\x07"),
        person(2, company="=cmd|' /C calc'!A0"),
        person(3, company="x" * 100_000),
        person(4, first_name="", last_name=""),
        person(5, email="no address", website="http://[broken"),
        person(6, last_name="@SUM(1)"),
        person(7, first_name="Z" + "\u0301" * 3000),
    ]
    found = report(folder, export(*rows))
    assert found["new"] == 5
    assert {one["row"] for one in found["rejected"]} == {"row 3", "row 4"}
    [shown] = call("customers", "show", "C1", "--json", folder=folder).lines
    assert shown["first_name"] == "Jane"


def test_without_a_file_the_configured_one_is_imported(folder: Path) -> None:
    assert call("customers", "import", folder=folder).status == 2
    (folder / "listener.toml").write_text(f'{CONFIG}[customers]\nfile = "crm.csv"\n')
    (folder / "crm.csv").write_text(export(*TWELVE))
    assert call("customers", "import", "--json", folder=folder).lines[0]["new"] == 12
