"""The command is killed at random moments of its work; the runs after it make everything right."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.fault_mails import Fact
from tests.support.fault_tally import Tally
from tests.support.faults import TIMES, Stage, kill_after, staged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(24 * 3600)]

IN_A_ROW = 5
"""Kills of one store before it may live: each goes on where the one before it died."""
STARTING = 0.2
"""The share of a whole run in which it only loads itself: nothing can be lost there."""


@dataclass(frozen=True)
class Length:
    """Seconds of the processor that undisturbed runs take: the first of a store, and one that finds nothing new."""

    whole: float
    idle: float


def test_the_machine_goes_away_at_any_moment(tmp_path: Path, undisturbed: frozenset[Fact]) -> None:
    chance = random.Random(TIMES)
    tally = Tally("killed at a random moment")
    length = _length(tmp_path / "whole")
    known = set(tally.faults())
    while tally.injected < TIMES:
        folder = tmp_path / f"stage{len(tally.recovery)}"
        with staged(folder, slow=0.1) as stage:
            stage.promised = undisturbed
            moments = _kill_some(stage, tally, chance, length)
            stage.settle(tally)
        if missed := set(tally.faults()) - known:
            tally.wrong.append(f"since {folder}, killed after {moments} of {length.whole:.1f} s of work")
            known |= {*missed, tally.wrong[-1]}
        else:
            shutil.rmtree(folder)
        tally.note()
    tally.close()


def _length(folder: Path) -> Length:
    with staged(folder) as stage:
        return Length(stage.recover().cpu, stage.recover().cpu)


def _kill_some(stage: Stage, tally: Tally, chance: random.Random, length: Length) -> list[float]:
    """Each kill at a moment of what the run has still to do, so that all of its steps are met. These moments."""
    left, moments = length.whole - length.idle, []
    for _ in range(min(IN_A_ROW, TIMES - tally.injected)):
        moment = chance.uniform(STARTING * length.whole, length.idle + left)
        moments.append(round(moment, 1))
        process = stage.start("run")
        caught = kill_after(process, moment)
        process.communicate(timeout=60)
        tally.injected += caught
        left -= min(left, max(0.0, moment - length.idle))
        if not caught:  # it had ended: there is nothing left to disturb
            break
    return moments
