"""Alerts, as a part of a pass: the sources' health, bursts, what spreads, and what cases became; all into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from listener import health
from listener.alerts import people, repeated, stories
from listener.alerts.plan import longest, look_again, plan
from listener.core.errors import ListenerError
from listener.wiring import App

if TYPE_CHECKING:
    from storage.store import Store

log = structlog.get_logger()

EVENTS = 20_000
"""So many case events are looked at at a time: what one pass brings, so that many alerts of one rule are told in one message."""


def alert_people(app: App, store: Store, now: datetime) -> Sequence[str]:
    """Find what is to be told at once, and put it into the outbox; nothing is told twice, and nothing is lost to a kill.

    A rule with a defect keeps no other from working, and no digest from going out. Returns what failed so, each a few words.
    """
    steps = {
        "sources": watch_health,
        "people": watch_people,
        "stories": watch_stories,
        "what is repeated": watch_repeated,
        "bursts": watch_bursts,
        "open alerts": look_after,
    }
    return [failed for name, step in steps.items() if (failed := _failed(name, step, app, store, now))]


def _failed(name: str, step: Callable[[App, Store, datetime], None], app: App, store: Store, now: datetime) -> str:
    try:
        step(app, store, now)
    except ListenerError:  # foreseen, and not of this rule alone: the store or the configuration cannot be used
        raise
    except Exception as problem:
        log.exception("Alerts failed in a way that they should not.", action="alert_defect", about=name)
        return f"alerts about {name}: {type(problem).__name__}"
    return ""


def watch_health(app: App, store: Store, now: datetime) -> None:
    """Say once that a source died, and once that it came back."""
    sources = [each.name for each in app.sources if not each.disabled]
    policy, zone = app.settings.alerting(), app.settings.zone()
    health.watch_health(store.incidents, app.recipients(), sources, now, policy=policy, runs=store.runs, zone=zone)


def watch_people(app: App, store: Store, now: datetime) -> None:
    """Tell of customers who turned for or against us, once for each event that a case had."""
    policy, recipients = app.settings.alerting(), app.recipients()
    brands = _names(app)
    while facts := store.alerts.alert_facts(now, EVENTS):
        drafts = people.drafts(facts, policy, brands, now, app.settings.zone())
        recent = store.alerts.recent({draft.subject for draft in drafts}, now - longest(policy))
        store.alerts.save(plan(drafts, recent, policy, recipients, now), now, seen=facts.seen)


def watch_stories(app: App, store: Store, now: datetime) -> None:
    """Tell of critiques that spread."""
    policy, zone = app.settings.alerting(), app.settings.zone()
    stories.watch_stories(store.spreading, store.alerts, policy, app.recipients(), _names(app), now, zone)


def watch_repeated(app: App, store: Store, now: datetime) -> None:
    """Tell of critiques that people repeat in words of their own."""
    policy, zone = app.settings.alerting(), app.settings.zone()
    repeated.watch_repeated(store.repeated, store.alerts, app.phrases(), policy, app.recipients(), _names(app), now, zone)


def watch_bursts(app: App, store: Store, now: datetime) -> None:
    """Tell of bursts of mentions."""
    from listener.spikes.watch import watch_spikes

    policy, zone = app.settings.alerting(), app.settings.zone()
    topics = {(brand.key, topic.key): topic.name for brand in app.settings.brands() for topic in brand.rule.topics}
    watch_spikes(store.spikes, store.alerts, policy, app.recipients(), _names(app), now, zone, topics)


def _names(app: App) -> Mapping[str, str]:
    return {brand.key: brand.name for brand in app.settings.brands()}


def look_after(app: App, store: Store, now: datetime) -> None:
    """Close alerts whose case was decided or whose words are another's, tell those again whose snooze is over, and escalate what
    nobody acknowledged."""
    policy, recipients = app.settings.alerting(), app.recipients()
    escalate_after = policy.escalate_after if any(one.escalations for one in recipients) else None
    store.alerts.close_moved(now)
    again = look_again(store.alerts.waiting(now, escalate_after), policy, recipients, now)
    if again:
        store.alerts.save(again, now)
