"""From an error to the message that a person gets, and the exit status."""

from __future__ import annotations

import errno

from listener.cli.output import note
from listener.core.errors import ConfigError, ListenerError
from listener.core.plain import one_line
from listener.query.errors import QueryError


def report(problem: Exception, *, debug: bool) -> int:
    """Say on standard error what went wrong, without a traceback unless asked for; the exit status."""
    untold = getattr(problem.__context__, "exit_code", None) if isinstance(problem, OSError) else None
    if isinstance(untold, int):  # typer could not write its own message about wrong usage: standard error is full
        return untold
    said = lines(problem)
    if debug:
        from listener.logs import trace

        said.insert(0, trace(problem))
    note("\n".join(said))
    return 2 if isinstance(problem, ConfigError | QueryError) else 1


def lines(problem: Exception) -> list[str]:
    if isinstance(problem, ConfigError):
        count = len(problem.problems)
        head = "Wrong usage or configuration:" if count == 1 else f"Wrong usage or configuration, {count} problems:"
        return [head, *(f"  {one_line(str(each))}" for each in problem.problems)]
    if isinstance(problem, QueryError):  # its lines belong together: the caret stands under its place
        return [f"Error in the query: {each}" if not at else each for at, each in enumerate(str(problem).split("\n"))]
    if isinstance(problem, ListenerError):
        return [f"Error: {one_line(line)}" for line in str(problem).splitlines() or ["unknown"]]
    if isinstance(problem, OSError):
        where = f"{problem.filename}: " if problem.filename else ""
        room = "; make room and run again" if problem.errno in {errno.ENOSPC, errno.EDQUOT} else ""
        return [f"Error: {one_line(f'{where}{problem.strerror or type(problem).__name__}{room}')}"]
    return [f"Error: something went wrong that should not ({type(problem).__name__}). Please report it, with what --debug shows."]
