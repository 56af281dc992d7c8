"""How good the matcher is on labelled authors: links, reviews, kinds of case, companies, calibration, and blocking.

    python benchmarks/match_dev.py CRM.csv AUTHORS.jsonl TRUTH.csv [--errors] [--missed] [--weights WEIGHTS.json]

``TRUTH.csv`` has the columns author_id, contact_id (empty: no customer), acceptable_ids (``|`` between duplicates), account and
kind. The same figures as ``listener eval match --policy ignore``, from an index in memory, and with two more: what blocking could
find, and the CPU time. ``--errors`` shows the wrong links with their evidence, ``--missed`` the customers who were not linked.
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
from listener.cli.evaluate_match import case_of
from listener.cli.evaluate_match_views import show
from listener.core.brand import MatchingPolicy, OwnSide
from listener.core.mention import Author
from listener.core.people import Customer, Match, MatchJob, Outcome
from listener.core.ports import Matcher
from listener.matching_quality import Case, matching_quality
from nlp.identity.customer_keys import customer_keys
from nlp.identity.matcher import build_matcher


class Index:
    """The customers by key, in memory: for benchmarks and tests of quality only."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._by_key: dict[str, list[Customer]] = defaultdict(list)
        self.customers = 0
        for customer in customers:
            self.customers += 1
            for key in set(customer_keys(customer)):
                self._by_key[key].append(customer)

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        found = {key: self._by_key[key] for key in keys if key in self._by_key and not key.startswith("#")}
        return {key: customers for key, customers in found.items() if len(customers) <= cap}

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        return {key: len(self._by_key.get(key, ())) for key in keys}

    def total(self) -> int:
        return self.customers

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        named = {key: Counter(one.company for one in self._by_key.get(key, ()) if one.company) for key in keys}
        return {key: min(found, key=lambda name: (-found[name], name)) for key, found in named.items() if found}


def job(number: int, record: Mapping[str, Any]) -> MatchJob:
    """An author of the format of ``listener match``; nothing is forbidden, as in quality figures on research data."""
    author = Author(
        handle=record["handle"] or None,
        display_name=record["display_name"] or None,
        bio=record.get("bio") or None,
        profile_url=record["profile_url"] or None,
        links=tuple(record["links"] or ()),
        email=record["email"] or None,
        location=record.get("location") or None,
        followers=record.get("followers"),
        following=record.get("following"),
        created_year=record["created_year"],
        verified=record.get("verified"),
    )
    return MatchJob(number, record["platform"], record["platform"], author, MatchingPolicy("ignored"))


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "- (0/0)"


def blocking_recall(matches: Sequence[Match], cases: Sequence[Case], index: Index, cap: int) -> str:
    """How many of the customers are among the candidates under the keys by which the matcher looked for them."""
    reached = 0
    for match, case in zip(matches, cases, strict=True):
        found = index.candidates(match.keys, cap).values()
        reached += bool(case.acceptable & {customer.contact_id for customers in found for customer in customers})
    return share(reached, sum(bool(case.acceptable) for case in cases))


def explain(title: str, case: Case, match: Match, record: Mapping[str, Any]) -> None:
    """One case with its evidence; the author's own words, so for invented data only."""
    reasons = "; ".join(f"{reason.what} {reason.weight_bits:+.1f}" for reason in match.evidence)
    is_ = " or ".join(sorted(case.acceptable)) or "-"
    said = json.dumps({key: value for key, value in record.items() if value}, ensure_ascii=False)
    runner = f", runner-up {match.runner_up.contact_id} p={match.runner_up.probability:.3f}" if match.runner_up else ""
    print(
        f"{title}: {case.author_id} ({case.kind}) {match.outcome} {match.contact_id} p={match.probability:.3f}{runner}, is {is_}"
    )
    print(f"    prior {match.prior_bits:+.1f}; {reasons}\n    {said}")


def matcher_with(weights: Path | None) -> Matcher:
    if weights is None:
        return build_matcher(OwnSide())
    from nlp.identity.weights import Weights

    return build_matcher(OwnSide(), Weights.from_json(json.loads(weights.read_text(encoding="utf-8"))))


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality of the matcher on labelled authors.")
    for name in ("crm", "authors", "truth"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--errors", action="store_true", help="show the wrong links with their evidence")
    parser.add_argument("--missed", action="store_true", help="show the customers who were not linked, with the evidence")
    parser.add_argument("--weights", type=Path, help="weights as JSON instead of the shipped ones")
    parser.add_argument("--cap", type=int, default=500, help="of the keys that blocking recall counts (default 500)")
    options = parser.parse_args()
    customers, rejected = [], 0
    for page in CsvFile(options.crm).pages({}):
        customers.extend(page.customers)
        rejected += len(page.rejected)
    index = Index(customers)
    records = [json.loads(line) for line in options.authors.read_text(encoding="utf-8").splitlines()]
    with options.truth.open(encoding="utf-8", newline="") as file:
        truth = {row["author_id"]: row for row in csv.DictReader(file)}
    jobs = [job(number, record) for number, record in enumerate(records)]
    matcher = matcher_with(options.weights)
    begun = time.process_time()
    matches = matcher.match(jobs, index)
    spent = time.process_time() - begun
    print(
        f"{index.customers} customers ({rejected} rows rejected), {len(jobs)} authors, {spent / len(jobs) * 1e3:.2f} ms CPU each"
    )
    ids = [record["author_id"] for record in records]
    cases = [case_of(author_id, truth[author_id], match) for author_id, match in zip(ids, matches, strict=True)]
    print(f"Blocking recall: {blocking_recall(matches, cases, index, options.cap)}")
    show(matching_quality(cases))
    for case, match, record in zip(cases, matches, records, strict=True):
        if options.errors and match.outcome is Outcome.LINK and not case.right:
            explain("wrong link", case, match, record)
        if options.errors and match.outcome is Outcome.REVIEW and not case.right:
            explain("wrong review", case, match, record)
        if options.missed and case.acceptable and match.outcome is not Outcome.LINK:
            explain("not linked", case, match, record)


if __name__ == "__main__":
    main()
