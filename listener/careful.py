"""Reading texts so that one that kills the reader, or never ends, costs a few restarts and not the whole job.

Texts are read by libraries in C: one of them may crash the process, where no error can be caught, or go on for ever. So it is
written down what is read now. Who comes after a process that died finds it there:

    a batch        its texts are read one by one
    one text       it is read once more, alone: whatever killed the process may have come from outside
    the same again it is given up: kept without an analysis, told in the log, read anew when the engine or a rule changes
"""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from listener.core.analysis import GIVEN_UP, Analysis, AnalysisJob, Relevance
from listener.core.ports import AnalysisQueue, Analyzer

log = structlog.get_logger()

Read = tuple[AnalysisJob, Analysis]

TRIES = 2
"""So often a text is read alone."""
_SECONDS, _A_TEXT = 120.0, 5.0
"""How long reading may take, and more for each text: the longest take two seconds on a processor of their own."""


def readings(queue: AnalysisQueue, analyzer: Analyzer, batch: int) -> Iterator[list[Read]]:
    """All that is pending with its analyses, in parts that are to be stored before the next is asked for.

    What was being read when a process died comes first: it would be forgotten by what is begun before its turn.
    """
    caught = queue.caught_analyses()
    for job in queue.pending_analyses(analyzer.fingerprint, batch, {ident for ident, _ in caught.mentions}):
        if (job.mention_id, job.revision) in caught.mentions:
            alone = caught.alone + 1
            yield [(job, _given_up(job))] if alone > TRIES else _read(queue, analyzer, [job], alone)
    begun = False
    while jobs := queue.pending_analyses(analyzer.fingerprint, batch):
        begun = True
        yield _read(queue, analyzer, jobs, 0)
    if begun or caught.mentions:
        queue.begin_analyses(())


def _read(queue: AnalysisQueue, analyzer: Analyzer, jobs: Sequence[AnalysisJob], alone: int) -> list[Read]:
    queue.begin_analyses(jobs, alone)
    with ending_after(_SECONDS + _A_TEXT * len(jobs)):
        return list(zip(jobs, analyzer.analyze(jobs), strict=True))


def _given_up(job: AnalysisJob) -> Analysis:
    log.error("A mention is left unread: it ended the program.", action="mention_unread", mention_id=job.mention_id)
    return Analysis(Relevance.NO_TARGET, None, note=GIVEN_UP)


@contextmanager
def ending_after(seconds: float) -> Iterator[None]:
    """End this process, with the lines of code where it hangs on standard error, where the block takes longer.

    An exception could not reach code in C that never returns. The lines name no text.
    """
    if sys.__stderr__ is None:  # nowhere to write: nothing watches
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
