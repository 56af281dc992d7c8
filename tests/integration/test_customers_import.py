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


def with_account(one: dict[str, str]) -> dict[str, str]:
    return {**one, "handle_mastodon": f"@{one['first_name']}@toot.example"}


def csv_of(people: list[dict[str, str]], *, without: str = "") -> str:
    columns = [column for column in people[0] if column != without]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(people)
    return out.getvalue()


def test_a_column_that_is_lost_is_suspicious_however_few_had_something_in_it(folder: Path) -> None:
    people = [with_account(one) if at < 3 else {**one, "handle_mastodon": ""} for at, one in enumerate(TWELVE)]
    importing(folder, csv_of(people))
    found = report(folder, csv_of(people, without="handle_mastodon"), "--dry-run")
    assert found["suspicious"] == [
        "accounts on mastodon: the export has no such column; the 3 contacts who had one have none any more"
    ]
    found = report(folder, csv_of([{**one, "handle_mastodon": ""} for one in people]), "--dry-run")
    assert found["suspicious"] == [], "three who left a network are nothing odd"
    found = report(folder, csv_of(people, without="website"), "--dry-run")
    assert found["suspicious"] == ["site: the export has no such column; the 12 contacts who had one have none any more"]


def test_accounts_that_are_all_emptied_are_suspicious(folder: Path) -> None:
    people = [with_account(one) for one in TWELVE]
    importing(folder, csv_of(people))
    found = report(folder, csv_of([{**one, "handle_mastodon": ""} for one in people]), "--dry-run")
    assert found["suspicious"] == ["accounts on mastodon: 12 of the 12 contacts who had it have none any more"]


def test_a_whole_new_name_at_the_same_address_is_a_conflict_and_a_new_surname_is_none(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    changed = [{**TWELVE[0], "first_name": "Bertil", "last_name": "Ohlsson"}, {**TWELVE[1], "last_name": "Ohlsson"}]
    found = report(folder, export(*changed, *TWELVE[2:]), "--dry-run")
    assert found["conflicts"] == [{"kind": "an id whose whole name changed, at the same e-mail address", "items": ["C0"]}]


def test_a_row_is_told_once_and_harmless_rows_leave_nobody_in_doubt(folder: Path) -> None:
    said = importing(folder, export(*TWELVE, TWELVE[0], person(1, title="CTO")), "--dry-run").out
    assert said.count("row 15") == 1
    assert "Rows that were left out\n     1  it repeats an earlier row word for word: row 14" in said
    assert "nobody is taken for gone" not in said
    said = importing(folder, export(*TWELVE, TWELVE[0], person(1, contact_id="")), "--dry-run").out
    assert "Rows that could not be read\n     1  it has no contact_id: row 15\n        While rows cannot" in said


def test_an_export_without_a_row_is_called_that(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    ended = importing(folder, export(), "--dry-run")
    assert ended.status == 1
    assert "It would be refused: the export has no rows, where the last import had 12 customers." in ended.out
    assert "--allow-shrink" not in ended.out
    ended = importing(folder, export())
    assert ended.status != 0
    assert "crm.csv: the export has no rows" in ended.err
    assert "nothing was changed" in ended.err


def test_an_export_that_shrank_fails_the_dry_run_too(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    ended = importing(folder, export(*TWELVE[:3]), "--dry-run")
    assert ended.status == 1
    assert "It would be refused: The import has 3 customers where the last one had 12." in ended.out
    assert "--allow-shrink" in ended.out
    assert importing(folder, export(*TWELVE[:3]), "--dry-run", "--allow-shrink").status == 0


def test_an_export_with_other_ids_is_refused_in_every_way(folder: Path) -> None:
    configured = f'{CONFIG}[customers]\nfile = "crm.csv"\n'
    importing(folder, export(*TWELVE))
    others = export(*TWELVE[:2], *(person(number) for number in range(30, 43)))
    why = "Only 2 of the 12 known ids are in the import (15 customers)"
    ended = importing(folder, others, "--dry-run")
    assert (ended.status, f"It would be refused: {why}.\n" in ended.out) == (1, True)
    ended = importing(folder, others)
    assert (ended.status, ended.out) == (1, "")
    assert f"{why}; nothing was changed." in ended.err
    (folder / "listener.toml").write_text(configured)
    ended = call("run", folder=folder)
    assert f"Customers: not imported, those of the last import stay: {why}" in ended.out
    assert "of 12 customers" in call("customers", "list", folder=folder).out
    nobody = export(*(person(number) for number in range(30, 43)))
    assert "None of 12 known ids is in the import (13 customers)" in importing(folder, nobody).err
    assert report(folder, export(*TWELVE[:6], *(person(number) for number in range(30, 43))), "--dry-run")["refused"] is None
    assert report(folder, others, "--allow-shrink")["retired"] == 10


def test_a_row_that_cannot_be_read_keeps_everybody_so_other_ids_are_no_reason_to_refuse(folder: Path) -> None:
    importing(folder, export(*TWELVE))
    others = export(*(person(number) for number in range(30, 43)), {**TWELVE[0], "contact_id": ""})
    assert report(folder, others, "--dry-run")["refused"] is None
    assert report(folder, others)["retired"] == 0


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


def test_duplicates_of_nobody_and_answers_that_contradict(folder: Path) -> None:
    everybody = [*TWELVE, *(person(5, contact_id=f"D{number}", email="") for number in range(3))]
    importing(folder, csv_of([with_account(one) for one in everybody]))
    ended = call("customers", "duplicates", "NOPE", folder=folder)
    assert (ended.status, ended.out) == (1, "")
    assert "there is no customer with that id" in ended.err
    listed = call("customers", "duplicates", "D0", folder=folder).out.splitlines()
    assert sum(line.startswith("D0  ") for line in listed) == 1, "who resembles several is named once"
    assert sum(line.startswith("  99%  D") for line in listed) == 2

    assert "is not the other either" in call("customers", "same", "D0", "D1", "--by", "ana", folder=folder).out
    assert "earlier answer" not in call("customers", "same", "D0", "D1", "--by", "ana", folder=folder).out
    ended = call("customers", "different", "D1", "D0", folder=folder)
    assert "It takes the place of the earlier answer: one person, said by ana on " in ended.out


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
