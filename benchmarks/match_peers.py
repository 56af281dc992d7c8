"""Matching side by side on labelled authors: two naive baselines, splink, and ours.

    python benchmarks/match_peers.py CRM.csv AUTHORS.jsonl TRUTH.csv [--splink PYTHON]

``PYTHON`` is the interpreter of an environment with ``splink>=5`` (a tool of developers, not of this program's environment). All
get the same folded records: first and last name, normalised e-mail, accounts, the customer companies that the bio names, and the
town. splink estimates its parameters from the records alone, as its documentation does; nobody tuned it further.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ACCEPTED = 0.95
"""The probability from which splink's best pair is a link."""
FUZZY = 90.0


# --------------------------------------------------------------------------------------------------- the peers' records


def records(customers: Sequence[Any], authors: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers and authors as flat records of the same columns."""
    from nlp.identity.keys import company_key, normal_email
    from nlp.identity.names import words

    def named(name: str) -> tuple[str | None, str | None]:
        parts = words(name)
        return (parts[0] if parts else None, parts[-1] if len(parts) > 1 else None)

    known: dict[str, str] = {}
    left = []
    for one in customers:
        company = (company_key(one.company) or "").removeprefix("c:") or None
        if company:
            known[company] = company
        left.append(
            {
                "unique_id": one.contact_id,
                "first_name": " ".join(words(one.first_name)) or None,
                "last_name": " ".join(words(one.last_name)) or None,
                "email": normal_email(one.email),
                "accounts": sorted({f"{handle.platform}:{handle.handle.lower()}" for handle in one.handles}),
                "company": company,
                "city": " ".join(words(one.city or "")) or None,
            }
        )
    right = []
    for author in authors:
        first, last = named(author["display_name"] or "")
        right.append(
            {
                "unique_id": author["author_id"],
                "first_name": first,
                "last_name": last,
                "email": normal_email(author["email"]),
                "accounts": _accounts(author),
                "company": _company(author.get("bio") or "", known),
                "city": " ".join(words(author.get("location") or "")) or None,
            }
        )
    return left, right


def _accounts(author: Mapping[str, Any]) -> list[str]:
    """The author's own account, and those that the profile links to."""
    from nlp.identity.profiles import platform_name, profile_of

    found = {f"{platform_name(author['platform'])}:{(author['handle'] or '').lower().removeprefix('@')}"}
    for link in author["links"] or ():
        if (profile := profile_of(link)) is not None:
            found.add(f"{profile.platform}:{profile.handle.partition('@')[0]}")
    return sorted(found)


def _company(bio: str, known: Mapping[str, str]) -> str | None:
    """The longest customer company whose words follow each other in the bio."""
    from nlp.identity.names import words

    said = words(bio[:500])
    runs = ("".join(said[at:end]) for at in range(len(said)) for end in range(at + 1, min(at + 5, len(said)) + 1))
    return max((run for run in runs if run in known), key=len, default=None)


# ------------------------------------------------------------------------------------------------------------- the peers


def naive(left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]], *, ties: bool) -> dict[str, str]:
    """E-mail or account exactly, else the most similar name; ``ties`` links the first of equals, else nobody."""
    from rapidfuzz import fuzz, process

    emails = {one["email"]: one["unique_id"] for one in left if one["email"]}
    accounts = {account: one["unique_id"] for one in left for account in one["accounts"]}
    names = [f"{one['first_name'] or ''} {one['last_name'] or ''}".strip() for one in left]
    found = {}
    for author in right:
        exact = emails.get(author["email"]) or next((accounts[one] for one in author["accounts"] if one in accounts), None)
        if exact:
            found[author["unique_id"]] = exact
            continue
        name = f"{author['first_name'] or ''} {author['last_name'] or ''}".strip()
        if not author["last_name"]:
            continue
        best = process.extract(name, names, scorer=fuzz.token_sort_ratio, score_cutoff=FUZZY, limit=2)
        if best and (ties or len(best) == 1 or best[0][1] > best[1][1]):
            found[author["unique_id"]] = left[best[0][2]]["unique_id"]
    return found


def splink_links(
    python: str, left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, str], float]:
    """What splink links, by its own interpreter; and how long it took, its start not counted."""
    given = json.dumps({"left": left, "right": right})
    ended = subprocess.run([python, __file__, "--splink-worker"], input=given, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"splink failed:\n{ended.stderr[-2000:]}")
    answer = json.loads(ended.stdout.splitlines()[-1])
    return answer["links"], answer["seconds"]


def splink_worker() -> None:
    """Runs where splink is installed: records on standard input, links on standard output."""
    import duckdb
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.internals.duckdb.database_api import DuckDBAPI

    given = json.load(sys.stdin)
    begun = time.perf_counter()
    connection = duckdb.connect()
    api = DuckDBAPI(connection)
    tables = []
    for side in ("left", "right"):
        path = Path(f"/tmp/splink-{side}-{id(given)}.json")
        path.write_text("\n".join(json.dumps(one) for one in given[side]), encoding="utf-8")
        columns = "{unique_id: 'VARCHAR', first_name: 'VARCHAR', last_name: 'VARCHAR', email: 'VARCHAR', accounts: 'VARCHAR[]', "
        columns += "company: 'VARCHAR', city: 'VARCHAR'}"
        connection.execute(
            f"CREATE TABLE {side}_records AS SELECT * FROM read_json('{path}', format='newline_delimited', columns={columns})"
        )
        path.unlink()
        tables.append(api.register(f"{side}_records"))
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
            cl.ExactMatch("email"),
            cl.ArrayIntersectAtSizes("accounts", [1]),
            cl.ExactMatch("company").configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("last_name"),
            block_on("first_name", "company"),
            block_on("email"),
            block_on("accounts", arrays_to_explode=["accounts"]),
        ],
    )
    linker = Linker(tables, settings, log_level=None)
    certain = [block_on("email"), block_on("accounts", arrays_to_explode=["accounts"])]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("last_name"), block_on("first_name"), block_on("company")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    pairs = linker.inference.predict(threshold_match_probability=ACCEPTED)
    rows = connection.execute(
        f"SELECT unique_id_l, unique_id_r, match_weight FROM {pairs.physical_name} ORDER BY match_weight DESC"
    ).fetchall()
    customers = {one["unique_id"] for one in given["left"]}
    best: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for one, other, weight in rows:
        contact, author = (one, other) if one in customers else (other, one)
        best[author].append((contact, weight))
    print(json.dumps({"links": {author: its[0][0] for author, its in best.items()}, "seconds": time.perf_counter() - begun}))


# ------------------------------------------------------------------------------------------------------------- figures


def show(name: str, links: Mapping[str, str], truth: Mapping[str, Mapping[str, str]], seconds: float) -> None:
    right = sum(contact in truth[author]["acceptable_ids"].split("|") for author, contact in links.items())
    known = sum(bool(one["contact_id"]) for one in truth.values())
    precision, recall = right / len(links) if links else 0.0, right / known
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    print(f"{name:<34}{precision:>10.3f}{recall:>8.3f}{f1:>8.3f}{len(links) - right:>8}{seconds:>9.1f} s")


def main() -> None:
    if sys.argv[1:] == ["--splink-worker"]:
        splink_worker()
        return
    from match_dev import Index, job

    from connectors.crm.csv_file import CsvFile
    from listener.core.brand import OwnSide
    from listener.core.people import Outcome
    from nlp.identity.matcher import build_matcher

    parser = argparse.ArgumentParser(description="Matching beside the naive baselines and splink.")
    for name in ("crm", "authors", "truth"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--splink", metavar="PYTHON", help="the interpreter of an environment with splink 5")
    options = parser.parse_args()
    customers = [one for page in CsvFile(options.crm).pages({}) for one in page.customers]
    authors = [json.loads(line) for line in options.authors.read_text(encoding="utf-8").splitlines()]
    with options.truth.open(encoding="utf-8", newline="") as file:
        truth = {row["author_id"]: row for row in csv.DictReader(file)}
    left, right = records(customers, authors)

    found: dict[str, tuple[Mapping[str, str], float]] = {}
    for name, ties in (("exact + fuzzy name >= 90", True), ("the same, abstains on ties", False)):
        begun = time.perf_counter()
        found[name] = naive(left, right, ties=ties), time.perf_counter() - begun
    if options.splink:
        found[f"splink 5, unsupervised, p >= {ACCEPTED}"] = splink_links(options.splink, left, right)
    begun = time.perf_counter()
    index = Index(customers)
    jobs = [job(number, author) for number, author in enumerate(authors)]
    matches = build_matcher(OwnSide()).match(jobs, index)
    ours = {
        author["author_id"]: match.contact_id
        for author, match in zip(authors, matches, strict=True)
        if match.outcome is Outcome.LINK and match.contact_id
    }
    found["listener, links only"] = ours, time.perf_counter() - begun
    known = sum(bool(one["contact_id"]) for one in truth.values())
    print(f"{len(customers)} customers, {len(authors)} authors, {known} of them customers\n")
    print(f"{'':<34}{'precision':>10}{'recall':>8}{'F1':>8}{'wrong':>8}{'time':>11}")
    for name, (links, seconds) in found.items():
        show(name, links, truth, seconds)
    by_kind(found, truth)


def by_kind(found: Mapping[str, tuple[Mapping[str, str], float]], truth: Mapping[str, Mapping[str, str]]) -> None:
    """Links of authors who are no customer, by kind."""
    kinds = sorted({one["kind"] for one in truth.values() if not one["contact_id"]})
    numbers = range(1, len(found) + 1)
    print(
        "\nLinked though no customer, by kind:\n"
        + ", ".join(f"({number}) {name}" for number, name in zip(numbers, found, strict=True))
    )
    print(f"{'kind':<28}{'cases':>7}" + "".join(f"{f'({number})':>7}" for number in numbers))
    for kind in kinds:
        ids = {author for author, one in truth.items() if one["kind"] == kind and not one["contact_id"]}
        counts = (sum(author in ids for author in links) for links, _ in found.values())
        print(f"{kind:<28}{len(ids):>7}" + "".join(f"{count:>7}" for count in counts))


if __name__ == "__main__":
    main()
