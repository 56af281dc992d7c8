"""For all fault cases: the promise that an undisturbed run gives, once, and a stage for each case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_mails import Fact
from tests.support.faults import Stage, promises, staged


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> frozenset[Fact]:
    """What an undisturbed run tells whom."""
    return promises(tmp_path_factory.mktemp("undisturbed") / "stage")


@pytest.fixture
def stage(tmp_path: Path, undisturbed: frozenset[Fact]) -> Iterator[Stage]:
    """Nothing has run in it yet."""
    with staged(tmp_path / "stage") as made:
        made.promised = undisturbed
        yield made
