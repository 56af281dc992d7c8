"""All commands, in the order in which a newcomer needs them; their modules import at their top only what ``--help`` needs."""

from __future__ import annotations

from typing import Annotated

import typer

from listener.cli import (
    alerts,
    analyze,
    cases,
    check,
    correct,
    customers,
    db,
    demo,
    digest,
    evaluate,
    identities,
    init,
    match,
    mentions,
    person,
    preview,
    recompute,
    run,
    serve,
    sources,
    spikes,
    status,
)

app = typer.Typer(
    name="listener",
    epilog="Start with: listener demo, or listener init --brand NAME --site URL",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"listener {version('listener')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hears which of your customers speak about your brand in public: who could be an advocate, and who needs a call."""


for part in (
    *(demo, init, check, preview, run, serve, status, digest, alerts, cases, mentions, identities, customers, sources),
    *(correct, recompute, evaluate, analyze, match, spikes, person, db),
):
    part.add(app)
