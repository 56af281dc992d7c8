"""What an import changes, and what looks wrong about it: gathered page by page, in constant memory. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from listener.core.crm import (
    HARMLESS,
    SAME_ID_OTHER_DATA,
    ColumnUse,
    CustomerPair,
    is_another_person,
    is_new_name,
    is_same_company,
)
from listener.core.mention import Rejected
from listener.core.people import Customer

KEPT = 1000
"""Rows of one reason, conflicts of one kind and pairs that are named one by one; of more only the number is known."""
_FEW = 10
"""Contacts below which a share says nothing."""
_EMPTIED = 0.9
_ONE_DOMAIN = 0.9
_COMPANIES = 5
_ACCOUNTS = "accounts on "
_HOSTS = 1000
_REASONS = 50

FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": ("first_name", "last_name"),
    "e-mail": ("email",),
    "company": ("company",),
    "site": ("website",),
    "domains": ("domains",),
    "title": ("title",),
    "city": ("city",),
    "region": ("region",),
    "language": ("language",),
    "segment": ("segment",),
    "products": ("products",),
    "customer since": ("customer_since",),
    "customer until": ("customer_until",),
    "owner": ("owner",),
    "accounts": ("handles",),
    "do not contact": ("do_not_contact",),
    "further columns": ("extra",),
}
"""What people call a part of a contact -> the fields that it is made of."""
_COLUMNS: Mapping[str, frozenset[str]] = {
    **{called: frozenset(parts) for called, parts in FIELDS.items() if called not in {"accounts", "further columns"}},
    "name": frozenset({"name", "first_name", "last_name"}),
}
"""What people call a part of a contact -> the columns that fill it."""


class ConflictKind(StrEnum):
    """What cannot be true of both entries."""

    SAME_ID = "one id in two rows with other data"
    OTHER_PERSON = "an id that now belongs to somebody else"
    NEW_NAME = "an id whose whole name changed, at the same e-mail address"
    SAME_EMAIL = "one e-mail address at two people"
    SAME_ACCOUNT = "one account at two people"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Entries that contradict each other: their ids, or for rows of one id the row that was not used."""

    kind: ConflictKind
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do. It names rows, ids and fields, never what stands in them."""

    columns: tuple[ColumnUse, ...] = ()
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    gone_ids: tuple[str, ...] = ()
    """The first of those who are gone; only a dry run names them."""
    fields: Mapping[str, int] = field(default_factory=dict)
    """What changed -> of how many contacts."""
    moved: int = 0
    """Contacts who have another company now; the former one is kept."""
    erased: int = 0
    """Contacts who were erased on request and stay out."""
    conflicts: tuple[Conflict, ...] = ()
    conflict_counts: Mapping[str, int] = field(default_factory=dict)
    suspicious: tuple[str, ...] = ()
    rejections: Mapping[str, int] = field(default_factory=dict)
    """Why rows could not be used -> how many."""
    pairs: tuple[CustomerPair, ...] = ()
    pair_count: int = 0
    refused: str | None = None

    @property
    def rejected(self) -> int:
        return sum(self.rejections.values())

    @property
    def complete(self) -> bool:
        """Whether it is known who is in the export: then whoever is not in it is gone."""
        return not self.rejections.keys() - HARMLESS


class Review:
    """Gathers what a report says, from the pages of an export and the customers as they were."""

    def __init__(self) -> None:
        self.rejected: list[tuple[str, str]] = []
        self.rejections: Counter[str] = Counter()
        self.conflicts: list[Conflict] = []
        self.conflict_counts: Counter[str] = Counter()
        self.pairs: list[CustomerPair] = []
        self.pair_count = 0
        self._counts: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._had: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._hosts: dict[str, int] = {}
        self._companies: dict[str, set[str]] = {}

    @property
    def complete(self) -> bool:
        return not self.rejections.keys() - HARMLESS

    @property
    def rows(self) -> int:
        """Rows that the export has, usable or not."""
        return self._counts["rows"]

    @property
    def accepted(self) -> int:
        """Contacts that the export has."""
        return self._counts["new"] + self._counts["changed"] + self._counts["unchanged"]

    def page(
        self, page: Sequence[Customer], rejected: Sequence[Rejected], known: Mapping[str, Customer], erased: frozenset[str]
    ) -> None:
        """A page of the export; ``known`` are its contacts as they were, ``erased`` those who must stay out."""
        self._counts["rows"] += len(page) + len(rejected)
        for one in rejected:
            self.rejections[one.reason] += 1
            if self.rejections[one.reason] <= KEPT and len(self.rejections) <= _REASONS:
                self.rejected.append((one.item, one.reason))
            if one.reason == SAME_ID_OTHER_DATA:
                self.conflict(Conflict(ConflictKind.SAME_ID, (one.item,)))
        for customer in page:
            if customer.contact_id in erased:
                self._counts["erased"] += 1
                continue
            self._count_host(customer)
            before = known.get(customer.contact_id)
            if before is None:
                self._counts["new"] += 1
            else:
                self._counts["unchanged" if before == customer else "changed"] += 1
                self._compare(before, customer)

    def conflict(self, found: Conflict) -> None:
        self.conflict_counts[found.kind.value] += 1
        if self.conflict_counts[found.kind.value] <= KEPT:  # of each kind, lest a frequent one hides the others
            self.conflicts.append(found)

    def pair(self, found: CustomerPair) -> None:
        self.pair_count += 1
        if len(self.pairs) < KEPT:
            self.pairs.append(found)

    def report(
        self,
        columns: Sequence[ColumnUse] = (),
        *,
        gone: int = 0,
        gone_ids: Sequence[str] = (),
        refused: str | None = None,
        links: Mapping[str, int] | None = None,
    ) -> ImportReport:
        """The report; ``links`` says for ``lost_platforms`` how many links rest on the accounts there."""
        return ImportReport(
            columns=tuple(columns),
            rows=self._counts["rows"],
            new=self._counts["new"],
            changed=self._counts["changed"],
            unchanged=self._counts["unchanged"],
            gone=gone,
            gone_ids=tuple(gone_ids),
            fields=dict(self._fields.most_common()),
            moved=self._counts["moved"],
            erased=self._counts["erased"],
            conflicts=tuple(self.conflicts),
            conflict_counts=dict(self.conflict_counts),
            suspicious=tuple(self._suspicious(columns, links or {})),
            rejections=dict(self.rejections.most_common()),
            pairs=tuple(sorted(self.pairs, key=lambda pair: -pair.probability)),
            pair_count=self.pair_count,
            refused=refused,
        )

    @property
    def lost_platforms(self) -> tuple[str, ...]:
        """The platforms on which (nearly) all who had an account have none any more."""
        lost = (name for name in self._had if name.startswith(_ACCOUNTS) and self._lost[name] >= self._had[name] * _EMPTIED)
        return tuple(sorted(name.removeprefix(_ACCOUNTS) for name in lost))

    def _compare(self, before: Customer, after: Customer) -> None:
        for name, parts in FIELDS.items():
            old = [getattr(before, part) for part in parts]
            new = [getattr(after, part) for part in parts]
            if any(old):
                self._had[name] += 1
                self._lost[name] += not any(new)
            if old != new:
                self._fields[name] += 1
        here = {known.platform for known in after.handles}
        for platform in {known.platform for known in before.handles}:
            self._had[_ACCOUNTS + platform] += 1
            self._lost[_ACCOUNTS + platform] += platform not in here
        if before.name != after.name and is_another_person(before.name, before.email, after.name, after.email):
            self.conflict(Conflict(ConflictKind.OTHER_PERSON, (after.contact_id,)))
        elif is_new_name(before.name, after.name):
            self.conflict(Conflict(ConflictKind.NEW_NAME, (after.contact_id,)))
        elif before.company and not is_same_company(before.company, before.website, after.company, after.website):
            self._counts["moved"] += 1

    def _count_host(self, customer: Customer) -> None:
        """Counts the domains of e-mail addresses; of more than ``_HOSTS`` the frequent ones stay (Misra and Gries)."""
        host = (customer.email or "").rpartition("@")[2].casefold()
        if not host:
            return
        self._counts["e-mails"] += 1
        self._hosts[host] = self._hosts.get(host, 0) + 1
        companies = self._companies.setdefault(host, set())
        if len(companies) <= _COMPANIES and customer.company:
            companies.add(customer.company.casefold())
        if len(self._hosts) > _HOSTS:
            self._hosts = {name: count - 1 for name, count in self._hosts.items() if count > 1}
            self._companies = {name: found for name, found in self._companies.items() if name in self._hosts}

    def _suspicious(self, columns: Sequence[ColumnUse], links: Mapping[str, int]) -> list[str]:
        platforms = [_ACCOUNTS + platform for platform in self.lost_platforms]
        names = [*platforms, *(name for name in FIELDS if name != "accounts")]
        found = [said for name in names if (said := self._emptied(name, columns, links))]
        if self._hosts and self._counts["e-mails"] >= _FEW:
            host = max(self._hosts, key=lambda name: self._hosts[name])
            share = self._hosts[host] / self._counts["e-mails"]
            if share >= _ONE_DOMAIN and len(self._companies[host]) >= _COMPANIES:
                found.append(f"e-mail: {share:.0%} of the addresses are at one domain, of different companies")
        return found

    def _emptied(self, name: str, columns: Sequence[ColumnUse], links: Mapping[str, int]) -> str | None:
        """What is suspicious about a part of the contacts that was filled and is (nearly) empty."""
        had, lost = self._had[name], self._lost[name]
        if not had or lost < had * _EMPTIED:
            return None
        platform = name.removeprefix(_ACCOUNTS) if name.startswith(_ACCOUNTS) else None
        known = links.get(platform, 0) if platform else 0
        rest = f"; {known:,} {'link rests' if known == 1 else 'links rest'} on them" if known else ""
        if columns and not _has_column(name, columns):  # of a lost column one contact tells enough
            who = "contact who had one has" if had == 1 else "contacts who had one have"
            return f"{name}: the export has no such column; the {had:,} {who} none any more{rest}"
        return f"{name}: {lost:,} of the {had:,} contacts who had it have none any more{rest}" if had >= _FEW or rest else None


def _has_column(name: str, columns: Sequence[ColumnUse]) -> bool:
    """Whether a part of the contacts is filled by a column of the export."""
    fields = {use.field for use in columns if use.field}
    if name.startswith(_ACCOUNTS):
        return f"handle_{name.removeprefix(_ACCOUNTS)}" in fields
    if name == "further columns":
        return any(use.field is None for use in columns)
    return not _COLUMNS[name].isdisjoint(fields)
