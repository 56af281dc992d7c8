"""``listener eval match``: how good the matching is on the user's own authors whose customer is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.evaluate_match_views import facts_of, show, show_errors
from listener.cli.match import BATCH, Terms, author_job, customers_of, terms_of
from listener.cli.output import json_line, note, progress, say
from listener.cli.shell import Shell
from listener.counting import counted

if TYPE_CHECKING:
    from listener.cli.records import AuthorRecord
    from listener.core.people import Match
    from listener.core.ports import CustomerIndex, Matcher
    from listener.matching_quality import Case

_TRUTH = ("contact_id", "acceptable_ids", "account", "kind")


def match(
    shell: Shell,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Authors as JSON lines, each with its contact_id (null: no customer)."),
    ],
    customers: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="A CRM export; else the customers of the store.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="TRUTH.csv", help="The truth by author_id, where it is not in FILE.")
    ] = None,
    policy: Annotated[
        Terms,
        typer.Option(metavar="TERMS", help="enforce what each platform's terms allow, or ignore them (research data only)."),
    ] = Terms.ENFORCE,
    errors: Annotated[bool, typer.Option("--errors", help="List the wrong links by author id.")] = False,
) -> None:
    """Measure matching: precision, recall, and whether probabilities hold.

    A line is an author as in `listener match`, with `contact_id`, and if known `acceptable_ids` (duplicates in the CRM),
    `account` (the customer company) and `kind` (of case, to group by).

    Example: listener eval match authors.jsonl --customers crm.csv --truth truth.csv
    """
    from listener.matching_quality import matching_quality

    with _matching(shell, customers) as (matcher, index), progress(quiet=shell.json) as bar:
        total = index.total()
        cases: list[Case] = []
        bad = 0
        for batch, unusable in _read(file, truth):
            bad = unusable
            allowed = terms_of(policy)
            jobs = [author_job(number, record, allowed) for number, (record, _) in enumerate(batch, start=len(cases))]
            found = matcher.match(jobs, index)
            cases += [case_of(record.author_id, true, one) for (record, true), one in zip(batch, found, strict=True)]
            bar("eval", len(cases))
    if not cases:
        note("Error: there is no author that could be used")
        raise typer.Exit(1)
    quality = matching_quality(cases)
    if shell.json:
        json_line({"crm": total, "policy": policy, "unusable": bad, **facts_of(quality)})
    else:
        crm = counted(total, "customer", "customers")
        say(f"{counted(quality.cases, 'author', 'authors')} against {crm}, policy: {policy.value}")
        show(quality)
        if errors:
            show_errors(quality, cases)
    if bad:
        note(f"{counted(bad, 'line', 'lines')} could not be used")
        raise typer.Exit(1)


# -------------------------------------------------------------------------------------------------------------- reading


@contextmanager
def _matching(shell: Shell, export: Path | None) -> Iterator[tuple[Matcher, CustomerIndex]]:
    """The matcher and the customers: those of an export, in a temporary file, else the configured ones of the store."""
    if export is None:
        app = shell.app()
        with app.open_store(shell.now()) as store:
            yield app.matcher(app.fitted(store)), store.customers
        return
    from listener.core.brand import OwnSide
    from nlp.identity.matcher import build_matcher

    with customers_of(export, shell.now()) as store:
        yield build_matcher(OwnSide()), store.customers


Told = tuple["AuthorRecord", Mapping[str, Any]]
"""An author with the columns of ``_TRUTH``."""


def _read(file: str, truth: Path | None) -> Iterator[tuple[list[Told], int]]:
    """Batches of authors with their truth, and how many lines were of no use up to there."""
    from listener.cli.records import AuthorRecord, KnownAuthorRecord, Reader, in_batches, opened

    known = _truth(truth) if truth else None
    missing = 0
    with opened(file) as stream:
        if known is None:
            reader: Reader[Any] = Reader(KnownAuthorRecord, stream, together="contact_id: missing")
            for batch in in_batches(reader, BATCH):
                yield [(record, {name: getattr(record, name) for name in _TRUTH}) for record in batch], reader.bad
            if reader.alike:
                note(_without_truth(reader.alike))
                if len(reader.alike) == reader.bad and not reader.good:
                    raise typer.Exit(1)
        else:
            reader = Reader(AuthorRecord, stream)
            for batch in in_batches(reader, BATCH):
                told: list[Told] = [(record, known[str(record.author_id)]) for record in batch if str(record.author_id) in known]
                if len(told) < len(batch):
                    missing += len(batch) - len(told)
                yield told, reader.bad + missing
    if missing:
        note(f"{truth}: {counted(missing, 'author of FILE is', 'authors of FILE are')} not in it")
    yield [], reader.bad + missing


def _without_truth(lines: Sequence[int]) -> str:
    """What to do about lines that do not say who the author is, said once."""
    which = f"line {lines[0]} does" if len(lines) == 1 else f"{len(lines):,} lines (the first is line {lines[0]}) do"
    return f"Error: {which} not say who the author is (contact_id, null for no customer): give `--truth TRUTH.csv`"


def _truth(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a truth file by author id.

    Raises:
        ConfigError: it is no such file.
    """
    import csv

    from listener.core.errors import ConfigError, Problem

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if {"author_id", "contact_id"} - set(rows.fieldnames or ()):
                raise ConfigError(
                    [Problem("--truth", f"{path} has no columns author_id and contact_id", "expected: a CSV with a header")]
                )
            return {row["author_id"]: {name: row.get(name) or "" for name in _TRUTH} for row in rows if row["author_id"]}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError([Problem("--truth", f"{path} cannot be read: {error}", "expected: a CSV in UTF-8")]) from error


def case_of(author_id: object, true: Mapping[str, Any], found: Match) -> Case:
    """An author's truth and match as one case."""
    from listener.matching_quality import Case

    return Case(
        author_id=str(author_id),
        outcome=found.outcome,
        contact_id=found.contact_id,
        probability=found.probability,
        acceptable=acceptable_ids(true.get("contact_id"), true.get("acceptable_ids")),
        company=_folded(true.get("account")),
        named_company=_folded(found.account),
        kind=str(true.get("kind") or ""),
    )


def acceptable_ids(contact_id: str | None, others: str | Sequence[str] | None) -> frozenset[str]:
    """The contacts that an author is: the one named and its duplicates, as a list or with ``|`` between them."""
    more = others.split("|") if isinstance(others, str) else others or ()
    return frozenset(one for one in (contact_id, *more) if one) if contact_id else frozenset()


def _folded(company: str | None) -> str:
    """A company without its legal form, as the matcher compares it."""
    from nlp.identity.keys import company_key

    return (company_key(company) or company.strip().casefold()) if company else ""
