"""CRM exports: what is read, what is rejected by its row, and that nothing of a cell is ever shown."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.crm.csv_file import PAGE, CsvFile, clean_handle
from listener.core.brand import Provenance
from listener.core.errors import ConfigError, SourceProtocolError, SourceRejected
from listener.core.people import Customer, CustomerPage, KnownHandle

HEADER = "contact_id,first_name,last_name,email"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "crm.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path, **options) -> CustomerPage:
    """All pages as one."""
    pages = list(CsvFile(path, **options).pages({}))
    return CustomerPage(
        tuple(each for page in pages for each in page.customers),
        tuple(each for page in pages for each in page.rejected),
        pages[-1].cursor if pages else {},
    )


def rejected(page: CustomerPage) -> dict[str, str]:
    return {each.item: each.reason for each in page.rejected}


# ------------------------------------------------------------------------------------------------ what is read


def test_a_whole_row(tmp_path):
    path = write(
        tmp_path,
        "contact_id,first_name,last_name,email,company,website,title,city,segment,products,customer_since,owner,do_not_contact,"
        "handle_x,handle_x_source,handle_mastodon,handle_github,Phone\n"
        'C1, Jane ,Doe,jane@acme.example,"Acme, Inc.",https://acme.example,CTO,York,SMB,Core; API ;,2021-03-01,Mara,yes,'
        "@Jane_D,given,https://toot.example/@jane,,+44 1\n",
    )
    page = read(path)
    assert page.rejected == ()
    assert page.customers == (
        Customer(
            "C1",
            "Jane",
            "Doe",
            email="jane@acme.example",
            company="Acme, Inc.",
            website="https://acme.example",
            title="CTO",
            city="York",
            segment="SMB",
            products=("Core", "API"),
            customer_since="2021-03-01",
            owner="Mara",
            handles=(KnownHandle("x", "jane_d", Provenance.GIVEN), KnownHandle("mastodon", "jane@toot.example")),
            do_not_contact=True,
            extra={"phone": "+44 1"},
        ),
    )


@pytest.mark.parametrize(
    "header",
    [
        "Record ID,First Name,Last Name,Email,Company name,Job Title,Twitter Username,Contact owner",  # HubSpot
        "Contact ID,First Name,Last Name,Email,Account Name,Title,Twitter Handle,Account Owner",  # Salesforce
        "id;Firstname;Surname;E-Mail;Organisation;Position;X Profile URL;Account Manager",
        "CONTACT_ID\tFIRST_NAME\tLAST_NAME\tEMAIL\tCOMPANY\tTITLE\tHANDLE_TWITTER\tOWNER",
    ],
)
def test_headers_of_other_systems(tmp_path, header):
    delimiter = next(each for each in ",;\t" if each in header)
    row = delimiter.join(["7", "Jane", "Doe", "jane@acme.example", "Acme", "CTO", "https://x.com/jane_d", "Mara"])
    (customer,) = read(write(tmp_path, f"{header}\n{row}\n")).customers
    assert (customer.contact_id, customer.name, customer.company) == ("7", "Jane Doe", "Acme")
    assert (customer.title, customer.owner, customer.email) == ("CTO", "Mara", "jane@acme.example")
    assert customer.handles == (KnownHandle("x", "jane_d"),)
    assert customer.extra == {}


def test_columns_can_be_named(tmp_path):
    path = write(tmp_path, "Kundennr,Name,Mail privat,Profil,Woher\n7,Doe,j@acme.example,JANE,public\n")
    columns = {
        "contact_id": "Kundennr",
        "last_name": "name",
        "email": "Mail Privat",
        "handle_github": "Profil",
        "handle_github_source": "Woher",
    }
    (customer,) = read(path, columns=columns).customers
    assert (customer.contact_id, customer.last_name, customer.email) == ("7", "Doe", "j@acme.example")
    assert customer.handles == (KnownHandle("github", "jane", Provenance.PUBLIC),)


def test_columns_named_wrongly_are_all_listed(tmp_path):
    path = write(tmp_path, f"{HEADER}\n")
    with pytest.raises(ConfigError) as caught:
        read(path, columns={"contact_id": "Nummer", "shoe_size": "email"})
    first, second = caught.value.problems
    assert first.path == "customers.columns.contact_id"
    assert "first_name" in first.allowed
    assert second.path == "customers.columns.shoe_size"
    assert "handle_PLATFORM" in second.allowed


def test_a_delimiter_can_be_given(tmp_path):
    (customer,) = read(write(tmp_path, "contact_id|email,x|last_name\n1|a|b\n"), delimiter="|").customers
    assert customer.last_name == "b"


@pytest.mark.parametrize(
    ("platform", "text", "handle"),
    [
        ("x", "@Jane", "jane"),
        ("x", " JANE ", "jane"),
        ("x", "https://x.com/Jane?lang=en", "jane"),
        ("x", "x.com/jane/", "jane"),
        ("reddit", "u/jane", "jane"),
        ("reddit", "/user/Jane", "jane"),
        ("youtube", "https://www.youtube.com/@Jane", "jane"),
        ("mastodon", "@Jane@toot.example", "jane@toot.example"),
        ("mastodon", "https://toot.example/@Jane", "jane@toot.example"),
        ("mastodon", "https://toot.example/@jane@other.example", "jane@other.example"),
        ("blog", "https://www.Jane.example/", "jane.example"),
        ("blog", "https://medium.com/@Jane", "medium.com/@jane"),
        ("blog", "jane", "jane"),
        ("github", "https://github.com/", ""),
        ("github", "http://[broken/x", ""),
        ("github", "", ""),
    ],
)
def test_handles_however_they_are_written(platform, text, handle):
    assert clean_handle(platform, text) == handle


def test_several_handles_in_a_cell(tmp_path):
    path = write(tmp_path, 'contact_id,handle_x,handle_x_source\n1,"@a; b, A",Bought\n2,,given\n3,c,a friend\n')
    one, two, three = read(path).customers
    assert one.handles == (KnownHandle("x", "a", Provenance.BOUGHT), KnownHandle("x", "b", Provenance.BOUGHT))
    assert two.handles == ()
    assert three.handles == (KnownHandle("x", "c", Provenance.UNKNOWN),)


@pytest.mark.parametrize(
    ("text", "left_alone"),
    [
        ("", False),
        ("no", False),
        ("FALSE", False),
        ("0", False),
        ("yes", True),
        ("TRUE", True),
        ("1", True),
        ("since May 2024", True),
    ],
)
def test_do_not_contact_errs_on_the_safe_side(tmp_path, text, left_alone):
    (customer,) = read(write(tmp_path, f"contact_id,email,do_not_contact\n1,a@b.example,{text}\n")).customers
    assert customer.do_not_contact is left_alone


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("2021-03-01", "2021-03-01"),
        ("2021-03-01 10:30", "2021-03-01"),
        ("2021-03", "2021-03-01"),
        ("2021", "2021-01-01"),
        ("1.3.2021", "2021-03-01"),
        ("2021-13-01", None),
        ("03/04/2021", None),
        ("", None),
    ],
)
def test_dates(tmp_path, text, since):
    (customer,) = read(write(tmp_path, f"contact_id,email,customer_since\n1,a@b.example,{text}\n")).customers
    assert customer.customer_since == since
    assert customer.extra == ({"customer_since": text} if text and since is None else {})


def test_what_is_no_address_is_no_email(tmp_path):
    (customer,) = read(write(tmp_path, f"{HEADER}\n1,a,b,n/a\n")).customers
    assert customer.email is None


# ------------------------------------------------------------------------------------------------ encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    (customer,) = read(write(tmp_path, f"{HEADER}\n1,Zoé,Müller,\n", encoding)).customers
    assert customer.name == "Zoé Müller"


def test_a_damaged_utf8_file_is_not_garbled_but_refused_with_its_row(tmp_path):
    path = tmp_path / "crm.csv"
    path.write_bytes(f"{HEADER}\n1,Zoé,a,\n2,b,c,\n".encode() + b"3,Zo\xe9,d,\n")
    with pytest.raises(SourceProtocolError, match="row 4: not correct UTF-8"):
        read(path)


def test_what_is_neither_utf8_nor_windows_is_refused_with_its_row(tmp_path):
    path = tmp_path / "crm.csv"
    path.write_bytes(f"{HEADER}\n1,a,b,\n".encode() + b"2,\x81\x8d,c,\n")
    with pytest.raises(SourceProtocolError, match="row 3: neither"):
        read(path)


def test_a_letter_on_the_border_of_two_blocks(tmp_path):
    filler = "x" * ((1 << 16) - len(HEADER) - 5)
    path = write(tmp_path, f"{HEADER}\n1,{filler},ü,\n2,b,é,\n")
    assert path.read_bytes()[(1 << 16) - 1 :].startswith("ü".encode())
    page = read(path)
    assert rejected(page) == {"row 2": "the cell in column first_name is longer than 5000 characters"}
    assert page.customers[0].last_name == "é"


def test_damaged_utf16(tmp_path):
    path = tmp_path / "crm.csv"
    path.write_bytes(b"\xff\xfe" + f"{HEADER}\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8")
    with pytest.raises(SourceProtocolError, match="first bytes"):
        read(path)


# ------------------------------------------------------------------------------------------------ what is not


def test_rows_that_cannot_be_used_are_named_and_the_others_kept(tmp_path):
    path = write(
        tmp_path,
        f"{HEADER}\n"
        "1,Jane,Doe,jane@acme.example\n"
        ",Secretname,Doe,\n"
        "1,Secretname,Doe,\n"
        "4,Secretname,Doe,,,\n"
        '5,"=HYPERLINK(""http://evil.example"",""Secretname"")",Doe,\n'
        f"6,{'Secretname' * 600},Doe,\n"
        "7,Secret\0name,Doe,\n"
        "\n"
        '="0009",+Plus,@Doe\n'
        "10,Rob,Roe,\n",
    )
    page = read(path)
    assert [each.contact_id for each in page.customers] == ["1", "0009", "10"]
    assert page.customers[1].name == "+Plus @Doe"
    assert rejected(page) == {
        "row 3": "it has no contact_id",
        "row 4": "its contact_id stands in an earlier row, which is kept; the data differ",
        "row 5": "it has 6 cells, the header has 4",
        "row 6": "the cell in column first_name is a spreadsheet formula",
        "row 7": "the cell in column first_name is longer than 5000 characters",
        "row 8": "the cell in column first_name holds a NUL character",
    }
    assert "ecretname" not in repr(page)


def test_a_quotation_mark_that_is_not_closed(tmp_path):
    path = write(tmp_path, f'{HEADER}\n1,a,b,\n2,"open,c,\n' + "3,d,e,\n" * 30_000)
    page = read(path)
    assert page.customers[0].contact_id == "1"
    assert page.rejected
    assert all(each.item.startswith("row ") for each in page.rejected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1: the file is empty"),
        ("\n\n", "row 1: the file is empty"),
        ("first_name,last_name\n", "no column for contact_id; found first_name, last_name"),
        ("contact_id,city\n", "no column for email, last_name, name or handle_PLATFORM; found contact_id, city"),
        ("Nummer,Stadt\n", "none of its 2 columns is known"),
    ],
)
def test_a_wrong_header_says_what_is_missing_and_what_was_found(tmp_path, text, message):
    with pytest.raises(SourceProtocolError, match=message):
        read(write(tmp_path, text))


def test_a_file_without_a_header_shows_nobody(tmp_path):
    with pytest.raises(SourceProtocolError) as caught:
        read(write(tmp_path, "C1,Jane,Doe,jane@acme.example\n"))
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("place", ["missing.csv", "."])
def test_what_cannot_be_opened(tmp_path, place):
    with pytest.raises(SourceRejected, match=r"missing\.csv|directory"):
        read(tmp_path / place)


# ------------------------------------------------------------------------------------------------ pages


def many(folder: Path, rows: int) -> Path:
    path = folder / "many.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"C{number},Name{number},Doe,n{number}@acme.example\n" for number in range(rows))
    return path


def test_pages_and_continuing_after_one(tmp_path):
    path = many(tmp_path, 2500)
    pages = list(CsvFile(path).pages({}))
    assert [len(page.customers) for page in pages] == [PAGE, PAGE, 500]
    assert [page.cursor for page in pages] == [{"rows": 1001}, {"rows": 2001}, {"rows": 2501}]
    assert list(CsvFile(path).pages(pages[0].cursor)) == pages[1:]
    assert list(CsvFile(path).pages(pages[-1].cursor)) == []
    assert list(CsvFile(path).pages({"rows": "nonsense"})) == pages


def test_the_memory_does_not_grow_with_the_file(tmp_path):
    def peak(rows: int) -> int:
        source = CsvFile(many(tmp_path, rows))
        tracemalloc.start()
        for _ in source.pages({}):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak(8_000) < peak(2_000) * 1.2


cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), max_size=6))
def test_whatever_stands_in_the_cells_every_row_is_a_customer_or_rejected(tmp_path_factory, rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["contact_id", "last_name", "handle_x"])
    writer.writerows(rows)
    path = write(tmp_path_factory.mktemp("crm"), text.getvalue())
    page = read(path, delimiter=",")
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(page.customers) + len(page.rejected) == len(filled)
