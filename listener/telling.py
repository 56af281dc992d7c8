"""Telling, as a part of a pass: what the digests are made of, who gets them, and sending what waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from listener.allowances import spent_by
from listener.core.brand import TargetKind
from listener.recalling import take_back
from listener.tell import Desk, DigestPlan, Rewritten, Told, rewrite, tell
from listener.wiring import App

if TYPE_CHECKING:
    from storage.store import Store

OFTEN = timedelta(hours=12)
"""Whose runs usually begin within so long of each other comes back before the next day's hour."""
RUNS = 10
"""So many of the last runs say how often there are some: a single one by hand among daily ones does not."""


def digest_plan(app: App, store: Store, now: datetime) -> DigestPlan:
    """What digests are about, with what the sources used and when paused ones go on."""
    pauses: dict[str, datetime] = {}
    for state in store.runs.stream_states():
        if state.not_before is not None and state.not_before > now:
            pauses[state.source] = min(state.not_before, pauses.get(state.source, state.not_before))
    return DigestPlan(
        brands={brand.key: brand.name for brand in app.settings.brands()},
        spent={
            source.name: spent_by(store.ledgers, source.name, source.spec.allowances(source.options), now.date())
            for source in app.sources
        },
        resumes=pauses,
        topics={(brand.key, topic.key): topic.name for brand in app.settings.brands() for topic in brand.rule.topics},
        rivals={
            (brand.key, target.key): target.name
            for brand in app.settings.brands()
            for target in brand.rule.targets
            if target.kind is TargetKind.COMPETITOR
        },
        themes=app.themes(),
    )


def desk(app: App, store: Store, now: datetime, *, often: bool | None = None) -> Desk:
    """Where this moment's digests are composed.

    ``often``: whether somebody looks again before the next day's hour; by default as the last runs followed each other.
    """
    if often is None:
        often = runs_often([run.started_at for run in store.runs.latest(RUNS)])
    return Desk(store.digests, store.trends, digest_plan(app, store, now), now, often)


def runs_often(begun: Sequence[datetime]) -> bool:
    """Whether runs that began then, newest first, usually follow each other within hours."""
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(begun)]
    return bool(gaps) and median(gaps) < OFTEN.total_seconds()


def hide_overdue(app: App, store: Store, now: datetime) -> None:
    """Take posts that could not be confirmed for a day, under terms that honour deletions, out of what people were told."""
    changed = store.rechecks.hide_overdue(now)
    if changed:
        rewrite_told(app, store, changed, now)
    take_back(store.alerts, app.notifiers)


def ever_heard(store: Store) -> bool:
    """Whether any source was ever heard: before that a digest would say nothing, and use up the day."""
    return any(state.last_success for state in store.runs.stream_states())


def tell_people(app: App, store: Store, now: datetime, *, unheard: bool = False, often: bool | None = None) -> Told:
    """Make the digests that are due and send every message that waits; nothing goes out that nobody could confirm.

    ``often`` as in ``desk``.
    """
    hide_overdue(app, store, now)
    everybody = app.recipients()
    at = desk(app, store, now, often=often)
    return tell(at, store.outbox, app.notifiers(), everybody, unheard=unheard, everybody=everybody)


def rewrite_told(app: App, store: Store, changed: Collection[tuple[str, date]], now: datetime) -> Rewritten:
    """Write the files of stored digests again that were changed."""
    return rewrite(store.digests, app.notifiers(), app.recipients(), changed, now)
