"""What stands in the cells of exports: names, dates, accounts, addresses; and the headers of the systems they come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.crm import cells
from connectors.crm.columns import find_columns
from connectors.crm.csv_file import CsvFile
from connectors.crm.records import RecordReader
from listener.core.crm import FOOTER, SAME_ID_OTHER_DATA, SAME_ROW_AGAIN, ColumnUse
from listener.core.people import Customer, KnownHandle
from tests.support.spending import within


def read(folder: Path, text: str, **options) -> tuple[list[Customer], dict[str, str]]:
    path = folder / "crm.csv"
    path.write_text(text, encoding="utf-8")
    pages = list(CsvFile(path, **options).pages({}))
    customers = [each for page in pages for each in page.customers]
    return customers, {each.item: each.reason for page in pages for each in page.rejected}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Jane Doe", "Jane", "Doe"),
        ("Doe, Jane", "Jane", "Doe"),
        ("van der Berg, Anna Maria", "Anna Maria", "van der Berg"),
        ("Jane van der Berg", "Jane", "van der Berg"),
        ("Dr. Jane Doe, PhD", "Jane", "Doe"),
        ("Doe, Dr. Jane", "Jane", "Doe"),
        ("Robert Downs Jr.", "Robert", "Downs"),
        ("DOE Jane", "Jane", "DOE"),
        ("Jane DOE", "Jane", "DOE"),
        ("JANE DOE", "JANE", "DOE"),
        ("Mary Ann Smith", "Mary Ann", "Smith"),
        ("Madonna", "", "Madonna"),
        ("山田 太郎", "太郎", "山田"),
        ("김 민수", "민수", "김"),
        ("Herr Jonas Meier", "Jonas", "Meier"),
        ("Mr", "", "Mr"),
        ("", "", ""),
        (", ", "", ""),
    ],
)
def test_a_full_name_is_split(text, first, last):
    assert cells.split_name(text) == (first, last)


@given(st.text(max_size=60))
def test_any_name_is_split_without_an_error(text):
    first, last = cells.split_name(text)
    assert not (first and not last)


@pytest.mark.parametrize(
    ("text", "day_first", "found"),
    [
        ("2021-03-01", None, "2021-03-01"),
        ("2021-03-01 10:30:00", None, "2021-03-01"),
        ("2021-03-01T10:30:00Z", None, "2021-03-01"),
        ("2021/3/1", None, "2021-03-01"),
        ("20210301", None, "2021-03-01"),
        ("1.3.2021", None, "2021-03-01"),
        ("01.03.2021 10:30", None, "2021-03-01"),
        ("25/03/2021", None, "2021-03-25"),
        ("03/25/2021", None, "2021-03-25"),
        ("03/25/2021, 10:30 AM", None, "2021-03-25"),
        ("03/04/2021", None, None),
        ("03/04/2021", True, "2021-04-03"),
        ("03/04/2021", False, "2021-03-04"),
        ("4/4/2021", None, "2021-04-04"),
        ("Mar 4, 2021", None, "2021-03-04"),
        ("4 March 2021", None, "2021-03-04"),
        ("4-Mar-2021", None, "2021-03-04"),
        ("March 2021", None, "2021-03-01"),
        ("1614816000000", None, "2021-03-04"),
        ("31.02.2021", None, None),
        ("0000-00-00", None, None),
        ("soon", None, None),
        ("", None, None),
    ],
)
def test_dates_as_exports_write_them(text, day_first, found):
    assert cells.iso_date(text, day_first=day_first) == found


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_none(text):
    found = cells.iso_date(text)
    assert found is None or len(found) == 10


@pytest.mark.parametrize(
    ("platform", "text", "handles"),
    [
        ("x", "@Jane", ["jane"]),
        ("x", "https://x.com/Jane/status/123456", ["jane"]),
        ("x", "https://twitter.com/intent/user?screen_name=Jane", ["jane"]),
        ("x", "@one @TWO", ["one", "two"]),
        ("x", "one, two;ONE\nthree", ["one", "two", "three"]),
        ("github", "https://github.com/jane/project", ["jane"]),
        ("linkedin", "https://www.linkedin.com/in/jane-doe-12/?locale=en", ["jane-doe-12"]),
        ("linkedin", "https://www.linkedin.com/company/acme", []),
        ("bluesky", "https://bsky.app/profile/Jane.bsky.social", ["jane.bsky.social"]),
        ("hackernews", "https://news.ycombinator.com/user?id=jane", ["jane"]),
        ("reddit", "https://www.reddit.com/user/jane/comments/", ["jane"]),
        ("x", "n/a", []),
        ("x", "-", []),
        ("x", "no account", []),
        ("github", "http://[broken/x", []),
        ("mastodon", "0 /0", []),
        ("blog", "a.example/ /", []),
    ],
)
def test_accounts_in_a_cell(platform, text, handles):
    assert cells.clean_handles(platform, text) == handles


@given(st.sampled_from(["x", "mastodon", "blog"]), st.text(max_size=60))
def test_any_text_is_accounts_or_none(platform, text):
    for handle in cells.clean_handles(platform, text):
        assert handle == handle.strip()


def test_domains_in_a_cell():
    text = "Acme.example; https://www.acme-labs.example/about, http://[x/; jane@mail.acme.example nothing"
    assert cells.clean_domains(text) == ("acme.example", "acme-labs.example", "mail.acme.example")


def test_hidden_characters_are_taken_out():
    assert cells.cleaned(" Ja\u200bne\u202e Do\x07e\u00a0", several_lines=False) == "Jane Doe"
    assert cells.cleaned("one\x00\r\ntwo\u2028three", several_lines=True) == "one\ntwo\nthree"


# ------------------------------------------------------------------------------------------------ whole files


def test_a_hubspot_export_of_contacts(tmp_path):
    (jane,), rejected = read(
        tmp_path,
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Associated Company,Associated Company IDs,Job Title,"
        "City,Country/Region,Preferred language,Website URL,Email Domain,Lifecycle Stage,Became a Customer Date,Twitter Username,"
        "LinkedIn URL,Unsubscribed from all email\n"
        "501,Jane,Doe,jane@acme.example,+44 1,Mara Holt,Acme,9001,CTO,York,United Kingdom,en,https://acme.example,acme.example,"
        "Customer,2021-03-04 10:30,@Jane_D,https://www.linkedin.com/in/jane-doe/,false\n",
    )
    assert rejected == {}
    assert jane == Customer(
        "501", "Jane", "Doe", email="jane@acme.example", company="Acme", website="https://acme.example",
        domains=("acme.example",),
        title="CTO", city="York", region="United Kingdom", language="en", segment="Customer", customer_since="2021-03-04",
        owner="Mara Holt", handles=(KnownHandle("x", "jane_d"), KnownHandle("linkedin", "jane-doe")), do_not_contact=False,
        extra={"phone_number": "+44 1", "associated_company_ids": "9001"},
    )  # fmt: skip


def test_a_salesforce_report_and_its_foot(tmp_path):
    (jane, joe), rejected = read(
        tmp_path,
        '"Contact ID","Full Name","Account Name","Title","Email","Mailing City","Mailing State/Province","Mailing Country",'
        '"Email Opt Out","Account Owner","Contract Start Date","Contract End Date"\n'
        '"0031","Doe, Jane","Acme","CTO","jane@acme.example","York","North Yorkshire","United Kingdom","1","Mara",'
        '"3/4/2021","3/25/2024"\n'
        '"0032","Joe Roe","[not provided]","","","","","","0","Mara","",""\n'
        "\n"
        '"Confidential Information - Do Not Distribute"\n'
        '"Copyright (c) 2026 Quillon"\n',
    )
    assert (jane.first_name, jane.last_name, jane.company, jane.region) == ("Jane", "Doe", "Acme", "United Kingdom")
    assert (jane.customer_until, jane.do_not_contact) == ("2024-03-25", True)
    assert jane.customer_since is None  # nothing in its column says whether the day or the month comes first
    assert jane.extra == {"customer_since": "3/4/2021", "mailing_state_province": "North Yorkshire"}
    assert (joe.name, joe.company, joe.do_not_contact) == ("Joe Roe", "", False)
    assert rejected == {"row 5": FOOTER, "row 6": FOOTER}


def test_salesforce_field_names(tmp_path):
    (jane,), _ = read(
        tmp_path,
        "Id,FirstName,LastName,Email,Account.Name,Account.Website,MailingCity,MailingCountry,HasOptedOutOfEmail,Owner.Name,Twitter__c\n"
        "003,Jane,Doe,jane@acme.example,Acme,acme.example,York,UK,true,Mara,jane_d\n",
    )
    assert (jane.name, jane.company, jane.website, jane.city, jane.region) == ("Jane Doe", "Acme", "acme.example", "York", "UK")
    assert (jane.owner, jane.do_not_contact, jane.handles) == ("Mara", True, (KnownHandle("x", "jane_d"),))


def test_the_order_of_dates_is_that_of_their_column(tmp_path):
    rows = "id,email,customer_since\n1,a@b.example,03/04/2021\n2,b@b.example,25/04/2021\n"
    customers, _ = read(tmp_path, rows)
    assert [one.customer_since for one in customers] == ["2021-04-03", "2021-04-25"]
    customers, _ = read(tmp_path, f"{rows}3,c@b.example,4/30/2021\n")
    assert [one.customer_since for one in customers] == [None, "2021-04-25", "2021-04-30"]


def test_rows_that_repeat_an_id(tmp_path):
    customers, rejected = read(tmp_path, "id,email\n1,a@b.example\n1,a@b.example\n1,c@b.example\n")
    assert [one.email for one in customers] == ["a@b.example"]
    assert rejected == {"row 3": SAME_ROW_AGAIN, "row 4": SAME_ID_OTHER_DATA}


def test_several_addresses_in_a_cell(tmp_path):
    (one,), _ = read(tmp_path, "id,email\n1,mailto:a@b.example; c@d.example\n")
    assert (one.email, one.extra) == ("a@b.example", {"further_emails": "c@d.example"})


def test_what_each_column_is_read_as(tmp_path):
    path = tmp_path / "crm.csv"
    path.write_text("Record ID,Email,Twitter Username,Phone\n")
    assert CsvFile(path).columns() == (
        ColumnUse("Record ID", "contact_id"), ColumnUse("Email", "email"), ColumnUse("Twitter Username", "handle_x"),
        ColumnUse("Phone"),
    )  # fmt: skip


def test_a_column_fills_one_field_only():
    found = find_columns(["id", "email", "company domain"], {})
    assert (found.fields["website"], "domains" in found.fields) == (2, False)
    found = find_columns(["id", "email", "website", "company domain"], {})
    assert (found.fields["website"], found.fields["domains"]) == (2, 3)


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=30), min_size=4, max_size=4))
def test_no_cell_breaks_the_reading(tmp_path_factory, row):
    from connectors.crm.rows import customer_of
    from listener.core.errors import BadItem

    columns = find_columns(["id", "name", "domains", "customer_since"], {})
    with suppress(BadItem):
        assert customer_of("row 2", row, columns).contact_id


LINEAR: dict[str, Callable[[str], object]] = {
    "emails": cells.clean_emails,
    "domains": cells.clean_domains,
    "names": cells.split_name,
    "dates": cells.iso_date,
    "slashes": cells.slash_order,
    "items": cells.listed,
    "handles": lambda text: cells.clean_handles("x", text),
    "addresses": lambda text: cells.clean_handles("x", f"https://x.example/{text}"),
    "flags": cells.left_alone,
    "headers": lambda text: find_columns(["id", "name", text], {}),
    "records": lambda text: RecordReader(["id", "name"], {}, "x").read("row 1", ["1", f"a{text}b"]),
}


@pytest.mark.parametrize("character", ["a", "1", "@", ".", "-", "_", " ", ";", ",", "/", "<", '"', "(", "\t", "\n"])
@pytest.mark.parametrize("name", LINEAR)
def test_a_cell_of_one_character_repeated_takes_no_time(name: str, character: str) -> None:
    text = character * 100_000

    def read() -> None:
        with suppress(ValueError):
            LINEAR[name](text)

    within(0.25, read)  # what grows with the square takes ten seconds and more


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane@firm.example; bob@firm.example", ["jane@firm.example", "bob@firm.example"]),
        ("Jane <mailto:jane@firm.example>", ["mailto:jane@firm.example"]),
        ("mailto:jane@firm.example", ["jane@firm.example"]),
        ("a@b@c@d @e f@ @@g@h", ["a@b", "c@d", "g@h"]),
        (f"{'x' * 320}@firm.example, bob@firm.example", ["bob@firm.example"]),
        ("@" * 50, []),
    ],
)
def test_addresses_in_a_cell(text, found):
    assert cells.clean_emails(text) == found


@given(st.text(alphabet="ab@ ;,<.", max_size=40))
def test_addresses_are_found_as_if_every_character_was_tried(text):
    assert cells.clean_emails(text) == re.findall(r"[^@\s<>\",;]+@[^@\s<>\",;]+", text)
