"""``listener identities fit``: estimate the weights of the evidence on the store's own customers, authors and decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.cases import account
from listener.cli.output import Column, Progress, json_line, moment, note, paragraph, progress, say, table
from listener.cli.shell import Shell, command
from listener.counting import counted

if TYPE_CHECKING:
    from listener.core.people import Match, MatchJob
    from listener.wiring import App
    from nlp.identity.fitting import Pair
    from nlp.identity.weights import Weights
    from storage.match_models import FittedWeights
    from storage.store import Store

BATCH = 500
FEWEST = 50
"""Authors with a candidate below which an estimate would be an accident."""
TELLING = 0.1
"""Bits by which a weight must change to be shown."""


def add(inner: typer.Typer) -> None:
    """Register the command in the group ``identities``."""
    command(inner, "fit")(fit)


def fit(
    shell: Shell,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change, and keep nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the newest fitted weights back.")] = False,
    most: Annotated[int, typer.Option(metavar="N", min=100, max=1_000_000, help="The most authors to fit on.")] = 20_000,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; the account's name by default.")] = None,
) -> None:
    """Fit the weights of the evidence to your own data and decisions.

    What people decided (link, unlink) is the truth; of everybody else the likelihoods are estimated. It takes at least 50
    authors who resemble a customer. The new weights are used from the next pass on.

    Example: listener identities fit --preview
    """
    if preview and undo:
        raise typer.BadParameter("--preview and --undo exclude each other")
    app = shell.app()
    with app.open_store(shell.now()) as store:
        if undo:
            _undo(shell, store)
        else:
            _fit(shell, app, store, most, preview=preview, actor=by or account())


def _undo(shell: Shell, store: Store) -> None:
    ended = store.match_models.end(shell.now())
    standing = store.match_models.standing()
    if ended is None:
        note("Error: there are no fitted weights to take back")
        raise typer.Exit(1)
    if shell.json:
        json_line({"undone": ended.id, "in_use": standing.id if standing else None})
        return
    say(f"The weights of {moment(ended.at)} are used no longer ({ended.summary})")
    say(f"In use from the next pass on: {_which(standing)}")


def _which(standing: FittedWeights | None) -> str:
    return f"those of {moment(standing.at)} ({standing.summary})" if standing else "those that the program comes with"


def _fit(shell: Shell, app: App, store: Store, most: int, *, preview: bool, actor: str) -> None:
    from nlp.identity.fitting import fit as fitted
    from nlp.identity.weights import DEFAULT

    standing = store.match_models.standing()
    before = app.fitted(store) or DEFAULT
    with progress(quiet=shell.json) as bar:
        pairs, decided = _pairs(app, store, most, bar)
        compared = len({pair.author for pair in pairs})
        enough = compared >= FEWEST
        after = fitted(pairs, DEFAULT) if enough else before
        changes = _changes(app, store, most, before, after, bar) if enough else Counter()
    if not enough:  # the bar is gone by now
        _too_few(shell, compared, standing, preview=preview)
        return
    summary = f"{counted(compared, 'author', 'authors')}, {counted(decided, 'decision', 'decisions')}"
    rows = level_rows(pairs, before, after)
    kept = None if preview else store.match_models.save(after.to_json(), summary, actor, shell.now())
    if shell.json:
        facts = {
            "authors": compared,
            "decided": decided,
            "levels": rows,
            "changes": dict(changes),
            "scale": [before.scale, after.scale],
        }
        json_line({**facts, "kept": kept.id if kept else None, "used_until_now": standing.id if standing else None})
        return
    _show(rows, summary, changes)
    if kept:
        say("Kept; used from the next pass on. Take back with: listener identities fit --undo")
    else:
        say("Nothing was kept. Keep with: listener identities fit")


def _too_few(shell: Shell, compared: int, standing: FittedWeights | None, *, preview: bool) -> None:
    """Says that there is too little to fit on: to a preview that is the answer, to a fit an error."""
    resembles = counted(compared, "author resembles", "authors resemble") if compared else "no author resembles"
    words = f"{resembles} a customer; with fewer than {FEWEST} nothing can be fitted."
    words = f"{words[0].upper()}{words[1:]} The weights in use stay: {_which(standing)}."
    if not preview:
        note(f"Error: {words}")
        raise typer.Exit(1)
    if shell.json:
        json_line({"authors": compared, "fewest": FEWEST, "kept": None, "used_until_now": standing.id if standing else None})
    else:
        paragraph(words)


def _pairs(app: App, store: Store, most: int, bar: Progress) -> tuple[list[Pair], int]:
    """The comparisons of the authors with their candidates, and about how many of the authors people decided.

    A decided author is compared as any other would be. Whoever was only refused is nobody among the candidates: no later pass
    found anybody better.
    """
    from dataclasses import replace

    from listener.core import terms
    from nlp.identity.matcher import ScoringMatcher

    matcher = app.matcher()
    if not isinstance(matcher, ScoringMatcher):
        return [], 0
    found: list[Pair] = []
    decided = 0
    done = 0
    for ids in store.match_models.authors(most, BATCH):
        jobs = store.matches.jobs_of(ids, {**terms.BY_NAME, **app.policies})
        truth = {job.author_id: _truth(job) for job in jobs if job.linked is not None or job.refused}
        asked = [replace(job, linked=None, refused=frozenset()) for job in jobs]
        found += matcher.pairs(asked, store.customers, truth)
        decided += len(truth)
        done += len(ids)
        bar("compare", done)
    return found, decided


def _truth(job: MatchJob) -> tuple[str, ...]:
    return (job.linked,) if job.linked is not None else ()


def _changes(app: App, store: Store, most: int, before: Weights, after: Weights, bar: Progress) -> Counter[str]:
    """What the new weights would make of the same authors: how many links and proposals come, go and change."""
    from listener.core import terms

    old, new = app.matcher(before), app.matcher(after)
    found: Counter[str] = Counter(dict.fromkeys(CHANGES, 0))
    done = 0
    for ids in store.match_models.authors(most, BATCH):
        jobs = store.matches.jobs_of(ids, {**terms.BY_NAME, **app.policies})
        for one, other in zip(old.match(jobs, store.customers), new.match(jobs, store.customers), strict=True):
            found[change_of(one, other)] += 1
        done += len(ids)
        bar("match", done)
    return found


CHANGES: Mapping[str, str] = {
    "linked": "linked that were not",
    "unlinked": "no longer linked",
    "relinked": "linked to another customer",
    "proposed": "proposed that were not",
    "dropped": "no longer proposed",
    "same": "the same",
}


def change_of(before: Match, after: Match) -> str:
    """What becomes of one author, as a key of ``CHANGES``."""
    from listener.core.people import Outcome

    if (before.outcome, before.contact_id) == (after.outcome, after.contact_id):
        return "same"
    if after.outcome is Outcome.LINK:
        return "relinked" if before.outcome is Outcome.LINK else "linked"
    if before.outcome is Outcome.LINK:
        return "unlinked"
    return "proposed" if after.outcome is Outcome.REVIEW else "dropped"


def level_rows(pairs: Sequence[Pair], before: Weights, after: Weights) -> list[dict[str, Any]]:
    """Each level that occurs: how often, and its mean weight in bits under the old and the new weights."""
    seen: dict[str, list[tuple[float, float]]] = {}
    for pair in pairs:
        for finding, share in zip(pair.findings, pair.shares, strict=True):
            seen.setdefault(finding.level, []).append((_bits(before, finding.level, share), _bits(after, finding.level, share)))
    return [
        {
            "level": level,
            "says": without_blanks(level),
            "pairs": len(its),
            "bits_before": round(sum(old for old, _ in its) / len(its), 2),
            "bits_after": round(sum(new for _, new in its) / len(its), 2),
        }
        for level, its in sorted(seen.items())
    ]


def without_blanks(level: str) -> str:
    """What a level says, with dots where the words name a platform or a year."""
    from re import sub

    from nlp.identity.levels import LEVELS

    return sub(r"\{\w+\}", "…", LEVELS[level].says)


def _bits(weights: Weights, level: str, share: float) -> float:
    from math import log2

    from nlp.identity.weights import HIGHEST

    chance = weights.levels[level]
    return weights.scale * log2(chance.m / min(HIGHEST, max(chance.u * share, 1e-12)))


def _show(rows: Sequence[Mapping[str, Any]], summary: str, changes: Mapping[str, int]) -> None:
    say(f"Fitted on {summary}")
    say()
    telling = [row for row in rows if abs(row["bits_after"] - row["bits_before"]) >= TELLING]
    columns = [
        Column("evidence", wide=True),
        *(Column(name, right=True) for name in ("pairs", "bits now", "bits fitted", "change")),
    ]
    shown = [
        (
            row["says"],
            str(row["pairs"]),
            f"{row['bits_before']:+.1f}",
            f"{row['bits_after']:+.1f}",
            f"{row['bits_after'] - row['bits_before']:+.1f}",
        )
        for row in telling
    ]
    if shown:
        table(columns, shown)
    if len(telling) < len(rows):
        same = counted(len(rows) - len(telling), "weight changes", "weights change")
        say(f"{same} by less than {TELLING} bits")
    say()
    table([Column("authors"), Column("number", right=True)], [(words, str(changes[key])) for key, words in CHANGES.items()])
    say()
