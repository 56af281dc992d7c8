"""The invented world of ``benchmarks/identity_cases.py``, matched once for all tests of this folder."""

import sys
from pathlib import Path

import pytest

from listener.cli.evaluate_match import case_of
from listener.core.brand import OwnSide
from nlp.identity.matcher import build_matcher

BENCHMARKS = Path(__file__).parents[4] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from identity_cases import KINDS, Maker, mixed, of_each, write  # noqa: E402
from identity_people import World  # noqa: E402
from match_dev import Index, job  # noqa: E402

from connectors.crm.csv_file import CsvFile  # noqa: E402

STRANGERS = 500
"""Cases of each kind in which nobody is to be found."""
CUSTOMERS = 100
"""Cases of each kind in which somebody is."""


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker(World(4000, seed=411))


@pytest.fixture(scope="session")
def made(maker):
    """Cases of every kind, and a mix of them as among real authors."""
    none = of_each(maker, STRANGERS, [name for name, kind in KINDS.items() if not kind.customer])
    some = of_each(maker, CUSTOMERS, [name for name, kind in KINDS.items() if kind.customer])
    return [*none, *some], mixed(maker, 1500)


@pytest.fixture(scope="session")
def index(maker, made, tmp_path_factory) -> Index:
    """The customers as they come from a CRM export."""
    folder = tmp_path_factory.mktemp("identity_cases")
    write(maker.world, made[0][:1], folder)
    return Index(customer for page in CsvFile(folder / "crm.csv").pages({}) for customer in page.customers)


@pytest.fixture(scope="session")
def judged(made, index):
    """The matched cases of both lists, as ``listener eval match`` sees them."""
    matcher = build_matcher(OwnSide())
    found = []
    for cases in made:
        matches = matcher.match([job(number, case.author) for number, case in enumerate(cases)], index)
        found.append([case_of(case.author["author_id"], case.truth(), match) for case, match in zip(cases, matches, strict=True)])
    return found
