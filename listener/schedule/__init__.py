"""The scheduler: one process that does, each on its own time, what ``listener run`` does in one pass.

    plan      which jobs there are, when they are due, how long a failing source rests       pure
    trigger   our slots as a trigger of APScheduler                                          pure
    jobs      what a job does when it is due: claim its slot, listen, work, tell, tidy up    the store, the network
    server    APScheduler, threads, the beginning and the end of the process

A slot of a job is claimed in the store before it is done and marked as done after it. So of several processes one does it, and
what a killed process had begun is found and taken over by another, or by its successor.
"""

from __future__ import annotations

from listener.schedule.plan import next_runs

__all__ = ["next_runs"]
