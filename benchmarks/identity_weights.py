"""Make ``nlp/identity/weights.toml`` anew from labelled sets: estimate the levels, then calibrate.

    python benchmarks/identity_weights.py SET_FOLDER ... --start benchmarks/data/identity_start.toml > weights.toml

A set is a folder with ``crm.csv``, ``authors.jsonl`` and ``truth.csv``. The shipped weights were made from the development set
and from sets that ``benchmarks/identity_cases.py`` generates; the head of the file says which.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tomllib
from pathlib import Path

from match_dev import Index, job

from connectors.crm.csv_file import CsvFile
from listener.core.brand import OwnSide
from nlp.identity.fitting import Pair, fit
from nlp.identity.matcher import build_matcher
from nlp.identity.weights import DEFAULT, Weights

UNDECIDED = frozenset({"two_of_one_name"})
"""Kinds whose truth says nobody because nobody can say which of two customers it is: they are no example of a stranger."""
_FAR = 1_000_000
"""Author ids of different sets are kept apart."""


def pairs_of(folder: Path, number: int, weights: Weights) -> list[Pair]:
    """The candidate pairs of one set, with the truth."""
    customers = [customer for page in CsvFile(folder / "crm.csv").pages({}) for customer in page.customers]
    records = [json.loads(line) for line in (folder / "authors.jsonl").read_text(encoding="utf-8").splitlines()]
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] not in UNDECIDED]
    truth = {row["author_id"]: row["acceptable_ids"] for row in rows}
    records = [record for record in records if record["author_id"] in truth]
    jobs = [job(number * _FAR + place, record) for place, record in enumerate(records)]
    decided = {
        each.author_id: set(truth[record["author_id"]].split("|")) - {""} for each, record in zip(jobs, records, strict=True)
    }
    found = build_matcher(OwnSide(), weights).pairs(jobs, Index(customers), decided)
    return [pair._replace(truth=bool(pair.truth)) for pair in found]


def written(weights: Weights, made: str) -> str:
    """The weights as the file that ships."""
    data = weights.to_json()
    head = [
        "# What each comparison level weighs: [m, u], how often it is found among pairs of one person and among others.",
        "# u is per customer for signs that are one person's own, and a factor of the frequency in the CRM for names, companies",
        "# and places. Made anew by: python benchmarks/identity_weights.py SET_FOLDER ...",
        f"made = {json.dumps(made)}",
    ]
    numbers = [f"{name} = {value}" for name, value in data.items() if isinstance(value, float)]
    levels = [f'"{key}" = [{m:.6g}, {u:.6g}]' for key, (m, u) in data["levels"].items()]
    return "\n".join([*head, *numbers, "", "[levels]", *levels, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description="Estimate and calibrate the weights of identity matching.")
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--start", type=Path, help="a file of weights to begin at (default: those that ship)")
    parser.add_argument("--made", default="", help="what the file says of how it was made")
    options = parser.parse_args()
    start = Weights.from_json(tomllib.loads(options.start.read_text(encoding="utf-8"))) if options.start else DEFAULT
    pairs = [pair for number, folder in enumerate(options.sets) for pair in pairs_of(folder, number, start)]
    weights = fit(pairs, start)
    sys.stdout.write(written(weights, options.made or f"estimated from {len(pairs)} labelled pairs of {len(options.sets)} sets"))


if __name__ == "__main__":
    main()
