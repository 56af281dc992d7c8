"""What the CRM says of customers besides who they are: former companies, entries of one person, and how a file was read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from listener.core.mention import normal_text
from listener.core.people import Reason

SAME_ROW_AGAIN = "it repeats an earlier row word for word"
"""Why a row of an export is not used, although nothing is lost by that."""
SAME_ID_OTHER_DATA = "its contact_id stands in an earlier row, which is kept; the data differ"
"""As above; which of the two rows is right, only people can say."""
FOOTER = "it holds a line of text and no contact (the foot of a report?)"
HARMLESS = frozenset({SAME_ROW_AGAIN, SAME_ID_OTHER_DATA, FOOTER})
"""Rows that leave nobody out: although they cannot be used, it is known who is in the export and who is not."""


def why_not_imported(contacts: int, active: int, gone: int) -> str | None:
    """Why an import of so many contacts is not carried out without asking: it would lose more than half of the customers.

    ``gone`` counts those of the ``active`` customers whose ids it no longer has. An import that is no smaller can lose them, too:
    it is the wrong file, or its ids are another column's.
    """
    customers = "1 customer" if contacts == 1 else f"{contacts:,} customers"
    if contacts * 2 < active:
        return f"The import has {customers} where the last one had {active:,}"
    if gone * 2 > active:
        here, verb = active - gone, "are" if active - gone > 1 else "is"
        known = f"Only {here:,} of the {active:,}" if here else f"None of {active:,}"
        return f"{known} known ids {verb} in the import ({customers})"
    return None


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What became of a column of an export: the field that it fills, or none (then it is kept beside the contact, unread)."""

    header: str
    field: str | None = None


@runtime_checkable
class HasColumns(Protocol):
    """A customer source that can say how it reads its columns."""

    def columns(self) -> Sequence[ColumnUse]: ...


@runtime_checkable
class Preparable(Protocol):
    """A customer source that can see whether it will work: without the network, and without reading a row."""

    def prepare(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Employment:
    """Where a contact worked, as the CRM had it, until the import that said otherwise."""

    company: str
    until: datetime
    title: str | None = None
    website: str | None = None


class PairState(StrEnum):
    PROPOSED = "proposed"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class CustomerPair:
    """Two entries of the CRM that may be one person: how likely, and why."""

    contact_id: str
    other_contact_id: str
    probability: float
    evidence: tuple[Reason, ...] = ()
    state: PairState = PairState.PROPOSED
    actor: str | None = None
    found_at: datetime | None = None
    decided_at: datetime | None = None


_WORD = re.compile(r"[^\W_]+")
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#]*@)?(?:www\.)?(?P<host>[^/?#:]*)")
_LEGAL = re.compile(r"ab|ag|as|bv|co|corp|corporation|gmbh|inc|incorporated|kg|limited|llc|ltd|nv|oy|plc|sa|sarl|sas|spa|srl")


def is_new_name(name: str, new_name: str) -> bool:
    """Whether no word of a contact's name is left: a surname that changed alone is no new name."""
    old, new = set(_words(name)), set(_words(new_name))
    return bool(old and new) and not old & new


def is_another_person(name: str, email: str | None, new_name: str, new_email: str | None) -> bool:
    """Whether a contact's id has passed to somebody else: no word of the name is the same, nor the e-mail address."""
    if not is_new_name(name, new_name):
        return False
    mail = normal_text(email or "")
    return not mail or mail != normal_text(new_email or "")


def is_same_company(company: str, site: str | None, new_company: str, new_site: str | None) -> bool:
    """Whether two names can be of one company: but for the legal form, on the same site, or one the beginning of the other."""
    if company == new_company:
        return True
    one, other = _company(company), _company(new_company)
    if one == other:
        return True
    here, there = _host(site), _host(new_site)
    if here and there:
        return here == there and bool(other)
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and longer[: len(shorter)] == shorter  # "Fenwick" and "Fenwick Tools"


def _company(name: str) -> list[str]:
    words = _words(name.replace(".", ""))
    return [word for word in words if not _LEGAL.fullmatch(word)] or words


def _words(text: str) -> list[str]:
    marked = unicodedata.normalize("NFKD", normal_text(text))
    return _WORD.findall("".join(char for char in marked if not unicodedata.combining(char)))


def _host(site: str | None) -> str:
    found = _HOST.match(normal_text(site or ""))
    return found["host"].rstrip(".") if found else ""
