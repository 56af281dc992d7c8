"""A disk that is small, fills on demand and can turn read-only: a real file system, for faults of storage."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.fault_tally import Tally
from tests.support.faults import Stage

CAP_DAC_OVERRIDE = 1
PR_CAPBSET_DROP = 24
BLOCK = 4096


@dataclass(frozen=True)
class Disk:
    """A file system of its own, mounted at ``folder``."""

    folder: Path

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self, leaving: int = 0) -> None:
        """Leave so many bytes of room, to the block."""
        with self.ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(BLOCK))
        if leaving:
            os.truncate(self.ballast, self.ballast.stat().st_size - leaving)

    def free(self) -> None:
        self.ballast.unlink(missing_ok=True)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        self._mount("-o", "remount,ro", str(self.folder))
        try:
            yield
        finally:
            self._mount("-o", "remount,rw", str(self.folder))

    @staticmethod
    def _mount(*arguments: str) -> None:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk at ``folder``, which is made; skips the test, with the reason, where this user may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {done.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        # Lazily: a thread of a run that was cut short lets go of its file a moment after the run has ended.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def errors_to(path: Path) -> Callable[[], None]:
    """Before the command: its standard error goes into this file, as a shell's ``2>>`` does."""

    def redirect() -> None:
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)

    return redirect


def output_to(path: Path) -> Callable[[], None]:
    """Before the command: its standard output goes into this file, as a shell's ``>`` does."""

    def redirect() -> None:
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)

    return redirect


def as_ordinary_user() -> None:
    """Before the command: root minds no file modes; without this capability it does."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def said_clearly(tally: Tally, said: str, *words: str) -> None:
    """Note where what a person is told lacks one of the words, or shows the inside of the program."""
    tally.wrong += [f"did not say: {word}: {said[-300:]}" for word in words if word not in said]
    if "Traceback" in said:
        tally.wrong.append(f"a traceback: {said[-300:]}")


def failed_clearly(tally: Tally, stage: Stage, *arguments: object, says: tuple[str, ...], **options: object) -> None:
    """The command is to fail with status 1, one line on standard error with these words, and nothing else."""
    ended = stage.spawn(*arguments, **options)
    tally.injected += 1
    said_clearly(tally, ended.err, *says)
    if ended.status != 1 or ended.out or len(ended.err.splitlines()) != 1:
        tally.wrong.append(f"{arguments[0]} ended with {ended.status}: {ended.said[-300:]}")


def whole(tally: Tally, stage: Stage) -> None:
    """Note what SQLite finds wrong with the database, read from outside."""
    tally.wrong += [f"integrity: {line}" for (line,) in stage.rows("PRAGMA integrity_check(3)") if line != "ok"]
    tally.wrong += [f"a row of {row[0]} refers to nothing" for row in stage.rows("PRAGMA foreign_key_check")]
