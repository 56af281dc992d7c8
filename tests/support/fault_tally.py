"""What a fault case cost: counted, held against the bars, and written into the report of ``scripts/faults.py``."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import dataclass, field
from pathlib import Path

RECOVERY = 60.0
"""Seconds after a restart by which all must be as if nothing had happened."""


@dataclass(frozen=True)
class Took:
    """How long something took: by the clock on the wall, and of the processor."""

    seconds: float
    cpu: float


@dataclass
class Tally:
    """What a case cost. Every count but ``injected`` and ``repeated`` must be 0 at the end."""

    case: str
    injected: int = 0
    """Faults that really happened."""
    lost: int = 0
    doubled: int = 0
    messages_lost: int = 0
    repeated: int = 0
    """Mails that came once more, under the same key."""
    doubled_messages: int = 0
    """The same told under another key: never allowed."""
    most_repeated: int = 0
    """Repeats by one fault: one is allowed."""
    recovery: list[float] = field(default_factory=list)
    """Seconds from each restart to the end of the run that made everything right."""
    recovery_cpu: list[float] = field(default_factory=list)
    """Of these, the processor's, children included: what they would be on an idle machine that need not wait for others."""
    slowest: float = 0.0
    """The longest recovery, each in the seconds that count when it was taken: the wall's, on a busy machine the processor's."""
    wrong: list[str] = field(default_factory=list)
    """What else was not as it must be, each a few words."""
    ended: bool = False
    """Whether the case came to its end: until then nothing can be said of it."""

    def recovered(self, took: Took) -> None:
        self.recovery.append(took.seconds)
        self.recovery_cpu.append(took.cpu)
        self.slowest = max(self.slowest, took.seconds if idle() else took.cpu)

    def check(self, right: object, wrong: str) -> None:
        """Note what is wrong unless it is right; the case goes on, and fails at its end."""
        if not right:
            self.wrong.append(wrong)

    def faults(self) -> list[str]:
        """The bars that this case misses."""
        found = [
            f"{name} {count}"
            for name, count in (
                ("mentions lost", self.lost),
                ("mentions doubled", self.doubled),
                ("messages lost", self.messages_lost),
                ("messages doubled", self.doubled_messages),
            )
            if count
        ]
        if self.most_repeated > 1 or self.repeated > self.injected:
            found.append(f"repeated {self.repeated}, {self.most_repeated} by one fault")
        if self.slowest >= RECOVERY:
            found.append(f"recovery took {self.slowest:.0f} s")
        if not self.injected:
            found.append("no fault was injected")
        return [*found, *self.wrong]

    def __post_init__(self) -> None:
        self.note()

    def note(self) -> list[str]:
        """Write how the case stands into ``$FAULT_REPORT``, if there is one; of a case that never ends, the last such line is all
        that is known. The bars that it misses so far."""
        missed = self.faults()
        if report := os.environ.get("FAULT_REPORT"):
            rounded = {name: [round(each, 2) for each in getattr(self, name)] for name in ("recovery", "recovery_cpu")}
            facts = {**vars(self), **rounded, "missed": missed}
            with Path(report).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(facts) + "\n")
        return missed

    def close(self) -> None:
        """The case has come to its end: write its line, and fail if a bar is missed."""
        self.ended = True
        missed = self.note()
        assert not missed, f"{self.case}: {'; '.join(missed)}"


def idle() -> bool:
    """Whether this machine has processors to spare: else waiting for one would be counted as the time that something takes."""
    return os.getloadavg()[0] <= (os.cpu_count() or 1)


def children_cpu() -> float:
    """Seconds of the processor that the processes have used that ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
