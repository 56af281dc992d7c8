"""How an import of customers is told: numbers first, then what is wrong, then how the columns were read.

It names rows, ids and fields, never what stands in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from listener.cli.output import paragraph, say
from listener.core.crm import HARMLESS, SAME_ID_OTHER_DATA
from listener.core.plain import one_line
from listener.counting import counted
from listener.customer_review import ConflictKind

if TYPE_CHECKING:
    from listener.core.crm import ColumnUse, CustomerPair
    from listener.core.people import Reason
    from listener.customer_import import Imported
    from listener.customer_review import ImportReport

NAMED = 5
"""Ids and rows that are named on a line; of the rest the number is said."""
PAIRS = 10
LONGEST_ID = 40
SPEAKS = 1.0
"""Bits from which a piece of evidence is told in a list."""


def print_import(done: Imported, where: str, *, dry_run: bool) -> None:
    """An import, or what one would do, for people."""
    report = done.report
    if report is None:
        say("Nothing to import: the customers are those of the last import.")
        return
    rows = counted(report.rows, "row", "rows")
    say(f"{one_line(where, 60)}: {rows}{', nothing was written' if dry_run else ''}")
    say()
    _numbers(_changes(report, dry_run=dry_run))
    _block("Conflicts: both entries cannot be right", _conflicts(report))
    _block("Suspicious", ((None, each) for each in report.suspicious))
    _block("Rows that could not be read", _rejections(done, report, lambda reason: reason not in HARMLESS))
    if not report.complete:
        paragraph("While rows cannot be read, nobody is taken for gone.", "        ")
    # A row that contradicts an earlier one stands among the conflicts.
    _block("Rows that were left out", _rejections(done, report, lambda reason: reason in HARMLESS - {SAME_ID_OTHER_DATA}))
    _duplicates(report, dry_run=dry_run)
    if dry_run:
        _columns(report.columns)
    say()
    _end(report, dry_run=dry_run)


def import_facts(done: Imported, *, dry_run: bool) -> dict[str, Any]:
    """An import as one JSON object."""
    report = done.report
    facts: dict[str, Any] = {
        "dry_run": dry_run,
        "new": done.saved.new,
        "changed": done.saved.changed,
        "retired": done.retired,
        "rejected": [{"row": row, "reason": reason} for row, reason in done.rejected],
        "refused": done.refused,
    }
    if report is None:
        return facts
    return facts | {
        "rows": report.rows,
        "unchanged": report.unchanged,
        "fields": report.fields,
        "moved": report.moved,
        "erased": report.erased,
        "gone_ids": report.gone_ids,
        "conflicts": [{"kind": one.kind, "items": one.items} for one in report.conflicts],
        "conflict_counts": report.conflict_counts,
        "suspicious": report.suspicious,
        "rejections": report.rejections,
        "duplicates": report.pair_count,
        "pairs": [pair_facts(pair) for pair in report.pairs],
        "columns": [{"header": use.header, "field": use.field} for use in report.columns],
    }


def pair_facts(pair: CustomerPair) -> dict[str, Any]:
    return {
        "contact_ids": [pair.contact_id, pair.other_contact_id],
        "probability": pair.probability,
        "evidence": [{"what": why.what, "weight_bits": why.weight_bits} for why in pair.evidence],
        "state": pair.state,
        "by": pair.actor,
        "decided_at": pair.decided_at,
    }


def in_words(evidence: Iterable[Reason]) -> str:
    """The evidence that speaks for a pair, and what speaks against it; what says little is left out."""
    found = list(evidence)
    speaks = [why.what for why in found if why.weight_bits >= SPEAKS]
    against = [why.what for why in found if why.weight_bits <= -SPEAKS]
    return ", ".join(speaks) + (f"; but {', '.join(against)}" if against else "")


def named(items: Sequence[str], total: int | None = None) -> str:
    """The first of many ids or rows, and how many more there are."""
    shown = [one_line(item, LONGEST_ID) for item in items[:NAMED]]
    more = (len(items) if total is None else total) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _changes(report: ImportReport, *, dry_run: bool) -> Iterator[tuple[int, str]]:
    fields = ", ".join(f"{name} {count:,}" for name, count in report.fields.items())
    yield report.new, "new"
    yield report.changed, f"changed{': ' if fields else ''}{fields}"
    yield report.unchanged, "unchanged"
    gone = f": {named(report.gone_ids, report.gone)}" if report.gone_ids else ""
    yield report.gone, f"{'would be gone' if dry_run else 'gone'}{gone}"
    if report.moved:
        yield report.moved, "of the changed work elsewhere now; the former company is kept"
    if report.erased:
        yield report.erased, "stay out: erased on request"


def _conflicts(report: ImportReport) -> Iterator[tuple[int | None, str]]:
    for kind, count in report.conflict_counts.items():
        items = [" and ".join(one.items) for one in report.conflicts if one.kind == kind]
        kept = "; the first row is kept" if kind == ConflictKind.SAME_ID else ""
        yield count, f"{kind}: {named(items, count)}{kept}"


def _rejections(done: Imported, report: ImportReport, wanted: Callable[[str], bool]) -> Iterator[tuple[int | None, str]]:
    for reason, count in report.rejections.items():
        if not wanted(reason):
            continue
        rows = [row for row, why in done.rejected if why == reason]
        yield count, f"{one_line(reason)}: {named(rows, count)}" if rows else one_line(reason)


def _duplicates(report: ImportReport, *, dry_run: bool) -> None:
    if not report.pair_count:
        return
    say()
    say(counted(report.pair_count, "possible duplicate", "possible duplicates"))
    shown = report.pairs[: PAIRS if dry_run else 0]
    for pair in shown:
        ids = f"{one_line(pair.contact_id, LONGEST_ID)} and {one_line(pair.other_contact_id, LONGEST_ID)}"
        paragraph(f"{ids}: {in_words(pair.evidence)}", f"{percent(pair.probability)}  ")
    if dry_run and report.pair_count > len(shown):
        say(f"  …  and {report.pair_count - len(shown):,} more, the likeliest are shown")


def percent(probability: float) -> str:
    """Never 100 %: nobody knows."""
    return f"{min(probability, 0.99):>4.0%}"


def _columns(columns: Sequence[ColumnUse]) -> None:
    if not columns:
        return
    understood = [_use(use) for use in columns if use.field]
    rest = [one_line(use.header) for use in columns if not use.field]
    say()
    say("Columns")
    _listed(understood, "  understood  ")
    if rest:
        _listed(rest, "  kept as is  ")


def _listed(names: Sequence[str], indent: str) -> None:
    """Names on lines that break between them, and not within one; of a hundred columns one line is too long anywhere."""
    glued = ", ".join(name.replace(" ", "\0") for name in names)
    width = max(get_terminal_size().columns, len(indent) + 20)
    later = " " * len(indent)
    for line in wrap(glued, width, initial_indent=indent, subsequent_indent=later, break_on_hyphens=False):
        say(line.replace("\0", " "))


def _use(use: ColumnUse) -> str:
    plain = use.header.casefold().replace(" ", "_")
    return one_line(use.header) if plain == use.field else f"{one_line(use.header)} = {use.field}"


def _end(report: ImportReport, *, dry_run: bool) -> None:
    if report.refused:
        paragraph(f"It would be refused: {report.refused.rstrip('.')}.")
        if report.rows:
            say("If that is right, import it with --allow-shrink.")
        else:
            say("Was it cut short? Export it again.")
    elif dry_run:
        say("Next: the same command without --dry-run")
    elif report.pair_count:
        say("Next: listener customers duplicates")
    else:
        say("Next: listener run")


def _block(title: str, lines: Iterable[tuple[int | None, str]]) -> None:
    found = list(lines)
    if found:
        say()
        say(title)
        _numbers(found)


def _numbers(lines: Iterable[tuple[int | None, str]]) -> None:
    for count, text in lines:
        paragraph(text, "        " if count is None else f"{count:>6,}  ")
