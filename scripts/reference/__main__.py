"""``python -m scripts.reference`` writes docs/reference anew; with ``--check`` it only says what is out of date."""

from __future__ import annotations

import sys

from scripts.reference.pages import FOLDER, stale, write

if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        old = stale()
        sys.exit(f"out of date in {FOLDER}: {', '.join(old)}; run `make reference`" if old else 0)
    write()
