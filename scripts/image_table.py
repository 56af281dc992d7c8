"""What an image promised and what was found: a line for each, ok or WRONG."""

from __future__ import annotations

from image_box import Ended


class Table:
    """What was promised, and what was found."""

    def __init__(self) -> None:
        self.lines = self.wrong = 0

    def line(self, what: str, right: bool, found: object) -> None:
        self.lines += 1
        self.wrong += not right
        print(f"{'ok   ' if right else 'WRONG'} {what}: {found}", flush=True)

    def equal(self, what: str, expected: object, found: object) -> None:
        self.line(what, expected == found, found if expected == found else f"expected {expected!r}, found {found!r}")

    def ended(self, what: str, ended: Ended, status: int = 0, says: str = "") -> None:
        """A command's exit status, and something that it must say."""
        right = ended.status == status and says in ended.out + ended.err
        last = (ended.err or ended.out).strip().splitlines()[-1:] or [""]
        self.line(what, right, f"exit {ended.status}" if right else f"exit {ended.status}, expected {status} {says!r}: {last[0]}")
