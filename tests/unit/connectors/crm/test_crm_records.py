"""Records as customers: whatever the values are, a customer that a database can store, or a reason that shows nothing of them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.crm.records import RecordReader, as_text, chosen, reader_of
from listener.core.errors import ConfigError, SourceProtocolError
from listener.core.mention import Rejected

FIELDS = (
    "contact_id",
    "last_name",
    "email",
    "products",
    "domains",
    "customer_since",
    "do_not_contact",
    "handle_x",
    "handle_blog",
)
_TEXT = st.text(alphabet=st.characters(codec=None), max_size=30)
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.dates(),
        st.datetimes(),
        _TEXT,
        st.binary(max_size=9),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=4,
)


@settings(max_examples=120)
@given(st.lists(_VALUES, min_size=len(FIELDS), max_size=len(FIELDS)))
def test_any_record_is_a_customer_or_rejected(values: list[object]) -> None:
    with closing(reader_of({field: field for field in FIELDS}, "here")) as reader:
        read = reader.read("record 7", values)
    if isinstance(read, Rejected):
        assert read.item == "record 7"
        return
    assert read.contact_id
    repr(read).encode()
    for text in (read.contact_id, read.last_name, read.email or "", *read.products, *read.extra.values()):
        text.encode()
        assert "\0" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (7.0, "7"),
        (7.5, "7.5"),
        (float("inf"), "inf"),
        (Decimal("7.10"), "7.10"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 7, 30, tzinfo=UTC), "2026-03-01T07:30:00+00:00"),
        (["a", None, 2], "a;2"),
        (("a", b"\xff"), None),
        (b"a\xc3\xa9", "aé"),
        (memoryview(b"\xff"), None),
        ({"a": date(2026, 3, 1)}, '{"a": "2026-03-01"}'),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    ],
)
def test_values_as_an_export_writes_them(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_fields_that_there_are_not() -> None:
    with pytest.raises(ConfigError, match="there is no such field"):
        reader_of({"contact_id": "id", "email": "mail", "nmae": "x"}, "here")
    with pytest.raises(SourceProtocolError, match=r"here: no column for contact_id"):
        RecordReader(["email"], {}, "here")


def test_our_fields_as_configured() -> None:
    defaults = {"contact_id": "Id", "email": "Email", "owner": "Owner"}
    assert chosen(defaults, {"email": "Mail__c", "handle_x": "X__c"}, ["owner"]) == {
        "contact_id": "Id",
        "email": "Mail__c",
        "handle_x": "X__c",
    }
    with pytest.raises(ConfigError) as caught:
        chosen(defaults, {"email": "Mail__c"}, ["email", "nmae", "contact_id"])
    assert len(caught.value.problems) == 3
