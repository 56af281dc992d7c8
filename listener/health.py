"""Watching the sources: incidents are opened and closed by the rules, and people are told once of each.

histories, open incidents ──judge_health──> changes ──words──> alerts ──> outbox, in the transaction that keeps the changes
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from shlex import quote
from typing import Protocol

import structlog

from listener.alerts.model import Alert, AlertItem
from listener.alerts.plan import plan
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertRule
from listener.core.health import Incident, IncidentKind, SourceHistory
from listener.core.mention import digest
from listener.core.plain import one_line
from listener.core.recipients import Recipient
from listener.core.telling import Coverage
from listener.health_rules import judge_health, published
from listener.timewords import lost_words, span_words, stamp_words

log = structlog.get_logger()


class HealthBook(Protocol):
    """Incidents, and what they are judged by."""

    def open(self) -> Sequence[Incident]:
        """The incidents that are open now."""
        ...

    def history(self, sources: Collection[str]) -> Sequence[SourceHistory]:
        """What is known of the sources; one that was never asked may be missing."""
        ...

    def save(self, opened: Sequence[Incident], closed: Sequence[Incident], plan: AlertPlan, now: datetime) -> object:
        """Keep what changed with its alerts and messages, in one transaction."""
        ...


class CoverageLog(Protocol):
    """Where it stands what was lost."""

    def coverage(self, since: datetime, until: datetime) -> Sequence[Coverage]: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look at the sources changed, and how many messages that made."""

    opened: tuple[Incident, ...] = ()
    closed: tuple[Incident, ...] = ()
    messages: int = 0


_USUAL = AlertPolicy()


def watch_health(
    book: HealthBook,
    recipients: Sequence[Recipient],
    sources: Collection[str],
    now: datetime,
    *,
    policy: AlertPolicy = _USUAL,
    runs: CoverageLog | None = None,
    zone: tzinfo = UTC,
) -> Watched:
    """Open and close incidents of the ``sources`` that are listened to, with their alerts, in one transaction.

    An incident of a source that is not listened to any more is closed without a word: whoever switched it off knows. What was
    lost for good is told from ``runs``; times are told in ``zone``.
    """
    open_now = book.open()
    histories = {history.source: history for history in book.history(list(sources))}
    opened, closed = judge_health(list(histories.values()), open_now, now)
    left = [replace(each, closed_at=now) for each in open_now if each.source not in sources]
    if not (opened or closed or left):
        return Watched()
    told = _Words(histories, _coverage(runs, histories, opened, closed, now), zone, now)
    drafts = [told.draft(each) for each in _in_order(opened)] + [told.draft(each, over=True) for each in _in_order(closed)]
    made = plan(drafts, (), policy, recipients, now)
    over = AlertPlan(settled=tuple(incident_key(each) for each in (*closed, *left)))
    book.save(opened, [*closed, *left], made + over, now)
    for incident in opened:
        log.info("A source is not heard.", action="incident_opened", source=incident.source, kind=incident.kind.value)
    for incident in closed:
        log.info("A source is heard again.", action="incident_closed", source=incident.source, kind=incident.kind.value)
    return Watched(tuple(opened), (*closed, *left), len(made.messages))


def _coverage(
    runs: CoverageLog | None,
    histories: Mapping[str, SourceHistory],
    opened: Sequence[Incident],
    closed: Sequence[Incident],
    now: datetime,
) -> Mapping[str, Coverage]:
    """How the sources were heard since the first of these incidents began; nothing where there is nothing to tell."""
    if runs is None or not (opened or closed):
        return {}
    begun = [histories[each.source].last_success or now for each in opened] + [each.opened_at for each in closed]
    return {line.source: line for line in runs.coverage(min(begun), now)}


def incident_key(incident: Incident, *, over: bool = False) -> str:
    """Of the alert of an incident, or of the notice that it is over: the same before it is stored and after."""
    return digest("incident over" if over else "incident", incident.source, incident.kind.value, incident.opened_at.isoformat())


def _in_order(incidents: Sequence[Incident]) -> Sequence[Incident]:
    return sorted(incidents, key=lambda each: each.source)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is told of incidents, from what is known of their sources."""

    histories: Mapping[str, SourceHistory]
    coverage: Mapping[str, Coverage]
    zone: tzinfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def draft(self, incident: Incident, *, over: bool = False) -> AlertDraft:
        """The alert of an incident, or the notice that it is over."""
        key = incident_key(incident, over=over)
        item = self.recovery(incident) if over else self.alert(incident)
        alert = Alert(key, AlertRule.SOURCE, item.news, self.now.astimezone(self.zone), str(self.zone), over, (item,))
        subject = f"source:{incident.source}"
        return AlertDraft(key, AlertRule.SOURCE, subject, alert.to_json(), self.now, notice=over)

    def alert(self, incident: Incident) -> AlertItem:
        name = one_line(incident.source, 60)
        history = self.histories[incident.source]
        if incident.kind is IncidentKind.FAILING:
            times = f"{history.failures:,} failures in a row"
            since = history.last_success
            news = (
                f"{name} has not been heard since {self._stamp(since)} ({times})"
                if since
                else f"{name} was never heard ({times})"
            )
            step = "Mend what the reason names, if it is ours to mend. listener goes on trying, and says when it is heard again."
            lost = self._lost(incident.source) or "Nothing so far: what is still there when it answers again is fetched then."
            return self._item(incident, news, f"failing: {times}", since, incident.reason, lost, step)
        times_told = published(history.times, history.last_success or self.now)
        since = times_told[0]
        length = span_words((history.last_success or self.now) - since)
        news = f"{name} has been silent since {self._stamp(since)} (nothing new for {length})"
        step = "Look whether it still publishes at the address that you listen to: it may have moved, or changed its search."
        return self._item(incident, news, f"silent: nothing new for {length}", since, incident.reason, "", step)

    def recovery(self, incident: Incident) -> AlertItem:
        name = one_line(incident.source, 60)
        history = self.histories[incident.source]
        if incident.kind is IncidentKind.FAILING:
            what, since = "answers again", history.last_success
        else:
            what, since = "publishes again", next(iter(published(history.times, self.now)), None)
        lasted = span_words(self.now - incident.opened_at)
        why = f"The alert of {self._stamp(incident.opened_at)} is over, after {lasted}. It said: {incident.reason}"
        lost = (
            self._lost(incident.source) or "Nothing that is known: what was published meanwhile and is still there was fetched."
        )
        return self._item(incident, f"{name} is heard again", what, since, why, lost, "Nothing to do.")

    def _item(
        self, incident: Incident, news: str, what: str, since: datetime | None, why: str, lost: str, step: str
    ) -> AlertItem:
        name = one_line(incident.source, 60)
        facts = (
            ("What", what),
            ("Since", self._stamp(since) if since else "it was first asked"),
            ("Why", one_line(why, 400)),
            ("Lost", lost),
        )
        return AlertItem(
            news=news,
            title=name,
            about=one_line(line.kind, 30) if (line := self.coverage.get(incident.source)) else "",
            facts=tuple((label, value) for label, value in facts if value),
            step=step,
            command=f"listener sources {quote(name)}",
        )

    def _stamp(self, moment: datetime) -> str:
        return stamp_words(moment, self.zone, self.today)

    def _lost(self, source: str) -> str:
        line = self.coverage.get(source)
        return lost_words(line.gaps, self.zone, self.today) if line else ""
