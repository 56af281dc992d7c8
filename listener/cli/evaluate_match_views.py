"""How well authors were matched, as people and programs see it: shares with their intervals, by kind, by bin, and the errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from listener.cli.output import Column, paragraph, say, table
from listener.core.plain import one_line
from listener.counting import counted

if TYPE_CHECKING:
    from listener.matching_quality import BinRow, Case, KindRow, MatchingQuality, Share


def facts_of(found: MatchingQuality) -> dict[str, Any]:
    """All figures for programs."""
    names = (
        "precision",
        "recall",
        "found",
        "reviewed",
        "reviewed_customers",
        "company_precision",
        "company_recall",
        "company_only",
    )
    shares: dict[str, Share] = {name: getattr(found, name) for name in names}
    calibrated = found.calibration
    return {
        "authors": found.cases,
        "customers": found.customers,
        **{
            name: {"share": share.value, "interval": share.interval, "part": share.part, "whole": share.whole}
            for name, share in shares.items()
        },
        "f1": found.f1,
        "kinds": found.kinds,
        "calibration": calibrated
        and {
            "claims": calibrated.rows,
            "ece": calibrated.ece,
            "band": calibrated.band,
            "calibrated": calibrated.calibrated,
            "predicted": calibrated.confidence,
            "observed": calibrated.right,
        },
        "bins": found.bins,
        "wrong_links": found.wrong_links,
    }


def show(found: MatchingQuality) -> None:
    """All figures for people, on lines of at most 100 characters."""
    say()
    shares = (
        ("Links that are right (precision)", found.precision),
        ("Customers linked (recall)", found.recall),
        ("Customers linked or proposed", found.found),
        ("Reviews with the right contact first", found.reviewed),
        ("- of authors who are a customer", found.reviewed_customers),
        ("Companies named that are right", found.company_precision),
        ("Authors whose company was named", found.company_recall),
        ("- of authors who are no contact", found.company_only),
    )
    columns = [
        Column("figure", wide=True),
        Column("%", right=True),
        Column("95 % interval", right=True),
        Column("part", right=True),
        Column("of", right=True),
    ]
    rows = [(name, _percent(share.value), _interval(share), str(share.part), str(share.whole)) for name, share in shares]
    rows.insert(2, ("F1 of links", _percent(found.f1), "", "", ""))
    table(columns, [row for row in rows if row[1]])  # a share of nothing says nothing
    _show_kinds(found.kinds)
    _show_bins(found)


def _show_kinds(kinds: Sequence[KindRow]) -> None:
    if len(kinds) < 2:
        return
    say()
    quiet = [row for row in kinds if not (row.customers or row.linked or row.reviewed)]
    names = ("cases", "known", "linked", "wrong", "reviewed", "right", "missed")
    rows = [
        (
            row.kind or "not named",
            *map(
                str,
                (row.cases, row.customers, row.linked, row.wrong_links, row.reviewed, row.right_reviews, row.missed),
            ),
        )
        for row in kinds
        if row not in quiet
    ]
    if rows:
        table([Column("kind", wide=True), *(Column(name, right=True) for name in names)], rows)
        paragraph("known: authors who are a customer; wrong: links to somebody else", "  ")
        paragraph("right: reviews that show the right contact first", "  ")
        paragraph("missed: authors who are a customer, neither linked nor proposed as the right one", "  ")
    if quiet:
        paragraph("No customers, and rightly neither linked nor proposed:")
        _listed([f"{row.kind or 'not named'} {row.cases:,}" for row in quiet])


def _listed(words: Sequence[str]) -> None:
    """Many short names on lines of the screen's width, anywhere: a hundred at most."""
    from shutil import get_terminal_size
    from textwrap import wrap

    width = max(min(get_terminal_size().columns, 100), 30)
    for line in wrap(", ".join(one_line(word, 60) for word in words), width, initial_indent="  ", subsequent_indent="  "):
        say(line)


def _show_bins(found: MatchingQuality) -> None:
    say()
    calibrated = found.calibration
    if calibrated is None:
        say("Calibration: nobody was linked or proposed")
        return
    telling = [row for row in found.bins if row.band != (0.0, 1.0)]
    names = ("named", "said %", "right %", "by chance %")
    if telling:
        columns = [Column("probability"), *(Column(name, right=True) for name in names), Column("fits")]
        table(columns, [_bin(row) for row in telling])
        paragraph("named: contacts linked or proposed with such a probability; said: its mean", "  ")
        paragraph("by chance: where 95 % of such groups lie if the probabilities are right", "  ")
    if rest := sum(row.claims for row in found.bins) - sum(row.claims for row in telling):
        other = " with other probabilities" if telling else ""
        paragraph(f"{counted(rest, 'contact', 'contacts')} named{other}: too few to say anything", "  ")
    low, high = calibrated.band
    words = "the probabilities hold" if calibrated.calibrated else "the probabilities are somewhat off"
    paragraph(
        f"Calibration error {_percent(calibrated.ece)} %, where chance alone makes {_percent(low)} to {_percent(high)} %: {words}"
    )


def _bin(row: BinRow) -> tuple[str, ...]:
    return (
        f"{row.low:.1f} to {row.high:.1f}",
        str(row.claims),
        _percent(row.predicted),
        _percent(row.observed),
        f"{_percent(row.band[0])} to {_percent(row.band[1])}",
        "yes" if row.within else "outside",
    )


def show_errors(found: MatchingQuality, cases: Sequence[Case]) -> None:
    """The wrong links, by author: no name, no address."""
    say()
    if not found.wrong_links:
        say("Wrong links: none")
        return
    wrong = set(found.wrong_links)
    columns = [Column("wrong link of author"), Column("to contact"), Column("is"), Column("kind"), Column("%", right=True)]
    rows = [
        (
            case.author_id,
            case.contact_id or "",
            " or ".join(sorted(case.acceptable)) or "no customer",
            case.kind,
            _percent(case.probability),
        )
        for case in cases
        if case.author_id in wrong and case.claimed and not case.right
    ]
    table(columns, rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{_percent(low)} to {_percent(high)}" if share.whole else ""
