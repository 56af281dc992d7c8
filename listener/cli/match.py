"""``listener match``: authors in, customers out, no database of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.output import json_line, note, progress
from listener.cli.shell import Shell, command
from listener.counting import counted

if TYPE_CHECKING:
    from listener.cli.records import AuthorRecord
    from listener.core.brand import MatchingPolicy
    from listener.core.people import Match, MatchJob
    from storage.store import Store

BATCH = 500


class Terms(StrEnum):
    ENFORCE = "enforce"
    IGNORE = "ignore"


def add(app: typer.Typer) -> None:
    command(app, "match")(match)


def match(
    shell: Shell,
    customers: Annotated[Path, typer.Option(metavar="FILE.csv", help="A CRM export.")],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Authors as JSON lines; - is standard input.")] = "-",
    policy: Annotated[
        Terms,
        typer.Option(metavar="TERMS", help="enforce what each platform's terms allow, or ignore them (research data only)."),
    ] = Terms.ENFORCE,
) -> None:
    """Say which customers authors are: JSON lines in and out.

    The customers are kept in a temporary file for the time of the command, readable by this user only.

    Example: listener match --customers crm.csv authors.jsonl
    """
    from listener.cli.records import AuthorRecord, Reader, in_batches, opened
    from listener.core.brand import OwnSide
    from nlp.identity.matcher import build_matcher

    terms = terms_of(policy)
    matcher = build_matcher(OwnSide())
    with opened(file) as stream, customers_of(customers, shell.now()) as store, progress() as bar:
        reader = Reader(AuthorRecord, stream)
        done = 0
        for batch in in_batches(reader, BATCH):
            jobs = [author_job(number, record, terms) for number, record in enumerate(batch, start=done)]
            for record, found in zip(batch, matcher.match(jobs, store.customers), strict=True):
                json_line(_answer(record, found))
            done += len(batch)
            bar("match", done)
    if reader.bad:
        note(f"{counted(reader.bad, 'line', 'lines')} could not be used")
        raise typer.Exit(1)


@contextmanager
def customers_of(path: Path, now: datetime) -> Iterator[Store]:
    """The customers of a CRM export with their keys, in a database (mode 0600) that goes with the block, also on SIGTERM."""
    from connectors.crm.csv_file import CsvFile
    from listener.core.errors import ConfigError, Problem
    from nlp.identity.customer_keys import customer_keys
    from storage.store import open_store

    if not path.is_file():
        raise ConfigError([Problem("--customers", f"there is no file {path}", "expected: a CRM export (CSV)")])
    with (
        TemporaryDirectory(prefix="listener-match-") as folder,
        open_store(f"sqlite:///{folder}/keys.db", now=now, throwaway=True) as store,
    ):
        unusable = 0
        for page in CsvFile(path).pages({}):
            store.customers.save_customers([(one, customer_keys(one)) for one in page.customers], "match", now)
            unusable += len(page.rejected)
        store.customers.finish_import("match", now, allow_shrink=True)
        if unusable:
            note(
                f"{path}: {counted(unusable, 'row', 'rows')} could not be used; `listener customers import --dry-run` names them"
            )
        yield store


def terms_of(policy: Terms) -> Callable[[str], MatchingPolicy]:
    """What may be used to match an author, by platform: as in a run, or everything."""
    from connectors._registry import load_specs
    from listener.core.brand import OPEN_WEB, MatchingPolicy

    if policy is Terms.IGNORE:
        everything = MatchingPolicy("ignored")
        return lambda _platform: everything
    by_platform: Mapping[str, MatchingPolicy] = {spec.platform: spec.policy for spec in load_specs().values()}
    return lambda platform: by_platform.get(platform, OPEN_WEB)


def author_job(number: int, record: AuthorRecord, terms: Callable[[str], MatchingPolicy]) -> MatchJob:
    from listener.core.mention import Author, is_named
    from listener.core.people import MatchJob

    author = Author(
        handle=record.handle,
        display_name=record.display_name,
        bio=record.bio,
        profile_url=record.profile_url,
        links=tuple(record.links or ()),
        email=record.email,
        location=record.location,
        followers=record.followers,
        following=record.following,
        created_year=record.created_year,
        verified=record.verified,
    )
    return MatchJob(number, record.platform, record.platform, author, terms(record.platform), named=is_named(author))


def _answer(record: AuthorRecord, found: Match) -> dict[str, Any]:
    evidence: Sequence[dict[str, Any]] = [{"what": reason.what, "weight_bits": reason.weight_bits} for reason in found.evidence]
    return {
        "author_id": record.author_id,
        "decision": found.outcome,
        "contact_id": found.contact_id,
        "account": found.account,
        "probability": found.probability,
        "evidence": evidence,
        "runner_up": found.runner_up,
    }
