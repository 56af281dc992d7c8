"""Kills senders at random moments and counts what was lost and what came twice: python -m benchmarks.sender_kills [KILLS]

A real SMTP server on loopback that answers after up to 8 ms, an SQLite store, a process for each sender, killed by SIGKILL.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.killed_senders import kill_senders


def main(kills: int = 200, seed: int = 1) -> None:
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        account = kill_senders(Path(folder), kills, seed)
    print(f"kills                     {account.kills} ({account.idle_kills} after the sender had finished)")
    print(f"messages put in           {account.messages}")
    print(f"mails accepted            {account.mails}")
    print(f"messages lost             {len(account.lost)}")
    print(f"mails that came twice     {account.repeats}, of which {account.explained} had been accepted and not written down")
    print(f"most copies of one mail   {account.most_copies}")
    print(f"most mails a kill caught  {account.most_a_kill}")
    print(f"seconds                   {time.monotonic() - began:.0f}")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
