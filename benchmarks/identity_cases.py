"""Hard identity cases of an invented world, with truth: a second source, independent of any set that a matcher was made on.

    python benchmarks/identity_cases.py --customers 5000 --cases 3000 --seed 1 OUT_DIR
    python benchmarks/identity_cases.py --customers 5000 --each 500 --seed 1 OUT_DIR

The first makes a mix as among real authors, the second so many cases of every kind. Both write ``crm.csv``, ``authors.jsonl`` and
``truth.csv`` in the format that ``benchmarks/match_dev.py`` and ``listener eval match`` read; the same seed gives the same files.

A case is fair: where somebody is to be found, what the author says of themselves tells a careful person who it is; where nobody
is, it tells that too, or it says too little for anybody.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from identity_authors import IdentityCase
from identity_nobody import Nobody
from identity_people import World
from identity_somebody import Somebody

_TRIES = 20_000


class Kind(NamedTuple):
    """How a kind of case is made, and how many of a hundred authors are of it in a mix."""

    make: Callable[[Maker], IdentityCase | None]
    share: float
    customer: bool


class Maker(Somebody, Nobody):
    """Makes cases of one world. A method that finds that the one it picked does not fit returns ``None`` and is asked again."""

    def cases(self, kind: str, number: int) -> Iterator[IdentityCase]:
        for _ in range(number):
            for _ in range(_TRIES):
                case = KINDS[kind].make(self)
                if case is not None:
                    yield case
                    break
            else:
                raise ValueError(f"the world is too small for a case of {kind}")


KINDS: dict[str, Kind] = {
    "known_handle": Kind(Maker.known_handle, 9, True),
    "email": Kind(Maker.email, 4, True),
    "cross_link": Kind(Maker.cross_link, 5, True),
    "name_employer": Kind(Maker.name_employer, 10, True),
    "nickname_employer": Kind(Maker.nickname, 3, True),
    "transliteration": Kind(Maker.transliteration, 3, True),
    "typo": Kind(Maker.typo, 1.5, True),
    "name_order": Kind(Maker.order, 2, True),
    "look_alike_letters": Kind(Maker.disguised, 1, True),
    "initial_employer": Kind(Maker.initials, 1.5, True),
    "married_name": Kind(Maker.married, 2, True),
    "single_name": Kind(Maker.single_name, 1, True),
    "handle_pattern": Kind(Maker.handle_pattern, 3, True),
    "personal_domain": Kind(Maker.personal_domain, 2, True),
    "corporate_blog": Kind(Maker.corporate_blog, 3, True),
    "rare_name": Kind(Maker.rare_name, 4, True),
    "job_change": Kind(Maker.job_change, 2, True),
    "stranger": Kind(Maker.anybody, 16, False),
    "same_name_stranger": Kind(Maker.same_name_stranger, 6, False),
    "same_name_other_customer": Kind(Maker.same_name_other_customer, 2, False),
    "two_of_one_name": Kind(Maker.namesakes, 0.5, False),
    "recycled_handle": Kind(Maker.recycled, 2, False),
    "impersonator": Kind(Maker.impersonator, 1.5, False),
    "parody": Kind(Maker.parody, 1, False),
    "bot": Kind(Maker.bot, 1.5, False),
    "brand_account": Kind(Maker.brand_account, 4, False),
    "agency": Kind(Maker.agency, 1.5, False),
    "same_company_other": Kind(Maker.colleague, 5, False),
    "family": Kind(Maker.family, 1, False),
    "ex_employee": Kind(Maker.ex_employee, 1.5, False),
    "common_name_only": Kind(Maker.common_name_only, 2, False),
    "generic_handle": Kind(Maker.generic_handle, 1.5, False),
}


def mixed(maker: Maker, number: int) -> list[IdentityCase]:
    """So many cases, of every kind by its share."""
    names = list(KINDS)
    kinds = maker.chance.choices(names, [KINDS[name].share for name in names], k=number)
    return [case for kind in kinds for case in maker.cases(kind, 1)]


def of_each(maker: Maker, number: int, kinds: Sequence[str] = tuple(KINDS)) -> list[IdentityCase]:
    """So many cases of each of the kinds."""
    return [case for kind in kinds for case in maker.cases(kind, number)]


def write(world: World, cases: Sequence[IdentityCase], folder: Path) -> None:
    """The three files; people of the CRM in no order of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [world.row(contact) for contact in world.contacts]
    world.chance.shuffle(rows)
    _csv(folder / "crm.csv", rows)
    _csv(folder / "truth.csv", [case.truth() for case in cases])
    lines = (json.dumps(case.author, ensure_ascii=False) for case in cases)
    (folder / "authors.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _csv(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Hard identity cases with truth.")
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--customers", type=int, default=5000)
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--cases", type=int, default=3000, help="a mix of so many authors (default 3000)")
    number.add_argument("--each", type=int, help="so many of each kind instead")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    world = World(options.customers, options.seed)
    maker = Maker(world)
    cases = of_each(maker, options.each) if options.each else mixed(maker, options.cases)
    world.chance.shuffle(cases)
    write(world, cases, options.folder)
    known = sum(bool(case.contact_id) for case in cases)
    print(f"{len(world.contacts)} contacts, {len(cases)} authors ({known} are a contact), {len(KINDS)} kinds: {options.folder}")


if __name__ == "__main__":
    main()
