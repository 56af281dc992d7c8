"""How good the matcher is on labelled authors: precision and recall of links, per kind of case, and what blocking could find.

    python benchmarks/match_dev.py CRM.csv AUTHORS.jsonl TRUTH.csv [--errors]

``TRUTH.csv`` has the columns author_id, contact_id (empty: no customer), acceptable_ids (``|`` between duplicates), account and
kind.
Precision = right contacts / contacts given; recall = right contacts / authors who have one. Accounts are compared as companies
(without legal form). ``--errors`` lists the wrong links by author id.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.crm.csv_file import CsvFile
from listener.core.brand import MatchingPolicy, OwnSide
from listener.core.mention import Author, normal_text
from listener.core.people import Customer, Match, MatchJob, Outcome
from nlp.identity.keys import author_keys, company_key, customer_domains, customer_keys
from nlp.identity.matcher import build_matcher


class Index:
    """The customers by key, in memory: for this benchmark only."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._by_key: dict[str, list[Customer]] = defaultdict(list)
        self._companies: dict[str, Counter[str]] = defaultdict(Counter)
        self._names: Counter[str] = Counter()
        self.customers = 0
        for customer in customers:
            self.customers += 1
            self._names[normal_text(customer.name)] += 1
            for key in customer_keys(customer):
                self._by_key[key].append(customer)
            for domain in customer_domains(customer):
                if customer.company:
                    self._companies[domain][customer.company] += 1

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        found = {key: self._by_key[key] for key in keys if key in self._by_key}
        return {key: customers for key, customers in found.items() if len(customers) <= cap}

    def name_frequency(self, names: Collection[str]) -> Mapping[str, int]:
        return {name: self._names[name] for name in names}

    def accounts(self, domains: Collection[str]) -> Mapping[str, str]:
        return {domain: self._companies[domain].most_common(1)[0][0] for domain in domains if domain in self._companies}


def job(number: int, record: Mapping[str, Any]) -> MatchJob:
    """An author of the format of ``listener match``; nothing is forbidden, as in quality figures on research data."""
    author = Author(
        handle=record["handle"] or None,
        display_name=record["display_name"] or None,
        profile_url=record["profile_url"] or None,
        email=record["email"] or None,
        links=tuple(record["links"]),
        created_year=record["created_year"],
    )
    return MatchJob(number, record["platform"], "", author, MatchingPolicy("ignored"))


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "- (0/0)"


def links(matches: Sequence[Match], truth: Sequence[Mapping[str, str]], outcomes: Collection[Outcome]) -> None:
    given = [(match, true) for match, true in zip(matches, truth, strict=True) if match.outcome in outcomes]
    right = [true for match, true in given if match.contact_id in true["acceptable_ids"].split("|")]
    known = sum(bool(true["contact_id"]) for true in truth)
    print(f"{' + '.join(sorted(outcomes)):<14} precision {share(len(right), len(given))}  recall {share(len(right), known)}")


def kinds(matches: Sequence[Match], truth: Sequence[Mapping[str, str]]) -> None:
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for match, true in zip(matches, truth, strict=True):
        right = match.contact_id is not None and match.contact_id in true["acceptable_ids"].split("|")
        rows[true["kind"]]["all"] += 1
        rows[true["kind"]][f"{match.outcome}{'' if match.outcome is Outcome.NONE else ' right' if right else ' wrong'}"] += 1
    print(f"\n{'kind':<26}{'authors':>8}{'link right':>12}{'link wrong':>12}{'review right':>14}{'review wrong':>14}{'none':>6}")
    for kind, row in sorted(rows.items()):
        print(
            f"{kind:<26}{row['all']:>8}{row['link right']:>12}{row['link wrong']:>12}"
            f"{row['review right']:>14}{row['review wrong']:>14}{row['none']:>6}"
        )


def accounts(matches: Sequence[Match], truth: Sequence[Mapping[str, str]]) -> None:
    named = [(match, true) for match, true in zip(matches, truth, strict=True) if match.account]
    right = sum(company_key(match.account or "") == company_key(true["account"]) for match, true in named)
    print(f"\naccounts named: precision {share(right, len(named))}")
    only = [(match, true) for match, true in named if match.contact_id is None]
    right = sum(company_key(match.account or "") == company_key(true["account"]) for match, true in only)
    print(f"of these without a contact: precision {share(right, len(only))}")


def wrong_links(matches: Sequence[Match], truth: Sequence[Mapping[str, str]]) -> None:
    for match, true in zip(matches, truth, strict=True):
        if match.outcome is Outcome.LINK and match.contact_id not in true["acceptable_ids"].split("|"):
            reasons = "; ".join(f"{reason.what} {reason.weight_bits:+.1f}" for reason in match.evidence)
            print(f"wrong: {true['author_id']} ({true['kind']}) to {match.contact_id}, is {true['contact_id'] or '-'}: {reasons}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality of the matcher on labelled authors.")
    for name in ("crm", "authors", "truth"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--errors", action="store_true")
    options = parser.parse_args()
    rejected = 0
    customers = []
    for page in CsvFile(options.crm).pages({}):
        customers.extend(page.customers)
        rejected += len(page.rejected)
    index = Index(customers)
    records = [json.loads(line) for line in options.authors.read_text(encoding="utf-8").splitlines()]
    with options.truth.open(encoding="utf-8", newline="") as file:
        by_id = {row["author_id"]: row for row in csv.DictReader(file)}
    truth = [by_id[record["author_id"]] for record in records]
    jobs = [job(number, record) for number, record in enumerate(records)]
    begun = time.process_time()
    matches = build_matcher(OwnSide()).match(jobs, index)
    spent = time.process_time() - begun
    print(
        f"{index.customers} customers ({rejected} rows rejected), {len(jobs)} authors, {spent / len(jobs) * 1e3:.2f} ms CPU each"
    )
    reached = 0
    for each, true in zip(jobs, truth, strict=True):
        found = index.candidates(author_keys(each.author, each.platform, each.origin), 500).values()
        ids = {customer.contact_id for customers in found for customer in customers}
        reached += bool(true["contact_id"]) and bool(ids & set(true["acceptable_ids"].split("|")))
    print(f"blocking, all kinds of keys: recall {share(reached, sum(bool(true['contact_id']) for true in truth))}")
    links(matches, truth, {Outcome.LINK})
    links(matches, truth, {Outcome.LINK, Outcome.REVIEW})
    kinds(matches, truth)
    accounts(matches, truth)
    if options.errors:
        wrong_links(matches, truth)


if __name__ == "__main__":
    main()
