"""Bursts in words: what was counted against what is usual, what was said in it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from shlex import quote

from listener.alerts.model import Alert, AlertItem
from listener.core.alert_ports import SpikeFacts
from listener.core.alerting import AlertDraft, AlertRule
from listener.core.analysis import Label
from listener.core.mention import digest
from listener.core.plain import one_line
from listener.core.spikes import Measure, SpikeChange, SpikeIncident
from listener.counting import counted
from listener.digest.quotes import quote_lines
from listener.digest.words import EXCERPT
from listener.timewords import day_words, moment_words

LEADING = (Measure.NEGATIVE, Measure.SHARE, Measure.VOLUME, Measure.AUTHORS)
"""Which measure's burst is told first, where several belong together: what is said weighs more than how much."""
QUIET = timedelta(hours=12)
"""So long without excess ends a burst."""

_SHOWN = (Label.NEGATIVE, Label.MIXED, Label.POSITIVE, Label.NEUTRAL, Label.UNSCORED)
_YEAR = 8_766
"""Hours; a series is looked at once an hour."""
_MOST = 200
"""Mentions that the command lists at most."""

_BAD = "Read the first posts now and agree on one answer in public; have the owners of the customers among the authors call them."
_GOOD = "Look what set it off, and thank whoever began it; ask the authors of the best words whether they may be quoted."
_OPEN = "Look what set it off, a launch, an article or an outage, before others ask."


def spike_subject(brand: str) -> str:
    """What a brand's bursts are counted by."""
    return f"spike:{brand}"


def spike_draft(
    together: Sequence[SpikeFacts], change: SpikeChange, name: str, now: datetime, zone: tzinfo, topics: Mapping[str, str]
) -> AlertDraft:
    """One alert about the bursts of a brand that belong together.

    ``together`` is one burst a measure, at least one. ``topics`` are the names of the brand's topics by their keys. The same
    change of the same burst gives the same key.
    """
    ordered = sorted(together, key=lambda facts: LEADING.index(facts.incident.measure))
    first, lead = ordered[0], ordered[0].incident
    name = one_line(name, 60)
    words = _Words(name, zone, now)
    good = is_good(first)
    item = AlertItem(
        news=words.news(first, change),
        title=name,
        facts=tuple(_facts(ordered, words, topics)),
        step=_BAD if is_bad(first) else _GOOD if good else _OPEN,
        command=_command(name, max(each.mentions for each in ordered)),
        quotes=quote_lines(first.quotes, zone, EXCERPT),
    )
    told = "opened" if change is SpikeChange.OPENED else f"grew {lead.count:.4g} in {lead.hours} h"
    key = digest("spike", lead.brand, lead.measure.value, lead.start.isoformat(), told)
    alert = Alert(key, AlertRule.SPIKE, item.news, now.astimezone(zone), str(zone), good, (item,))
    return AlertDraft(
        key=key,
        rule=AlertRule.SPIKE,
        subject=spike_subject(lead.brand),
        words=alert.to_json(),
        at=now,
        brand=lead.brand,
        mention_ids=tuple(line.mention_id for line in item.quotes),
    )


def is_bad(facts: SpikeFacts) -> bool:
    """Whether blame makes the burst, or a third of it."""
    if facts.incident.measure in {Measure.NEGATIVE, Measure.SHARE}:
        return True
    return 3 * _blame(facts) >= max(facts.mentions, 1)


def is_good(facts: SpikeFacts) -> bool:
    """Whether praise makes half of the burst, and far outweighs blame."""
    praise = facts.labels.get(Label.POSITIVE, 0)
    return not is_bad(facts) and 2 * praise >= max(facts.mentions, 1) and praise > 3 * _blame(facts)


def _blame(facts: SpikeFacts) -> int:
    return facts.labels.get(Label.NEGATIVE, 0) + facts.labels.get(Label.MIXED, 0)


class _Words:
    """What is told of bursts, in the words of one zone and day."""

    def __init__(self, name: str, zone: tzinfo, now: datetime) -> None:
        self._name, self._zone, self._now = name, zone, now
        self._today = now.astimezone(zone).date()

    def news(self, facts: SpikeFacts, change: SpikeChange) -> str:
        what, usual = self.counted(facts)
        grown = "the burst has grown, " if change is SpikeChange.GREW else ""
        window = f"{self.window(facts)}{self.since(facts.incident, facts.until)}"
        return f"{self._name}: {grown}{what} {window}" + (f", usually {usual}" if usual else "")

    def line(self, facts: SpikeFacts) -> str:
        """The same beside a label that says what is counted."""
        what, usual = self.counted(facts)
        share = facts.incident.measure is Measure.SHARE
        number = what if share else f"{round(facts.incident.count):,}"
        return f"{number} {self.window(facts)}" + (f", usually {usual}" if usual else "")

    def counted(self, facts: SpikeFacts) -> tuple[str, str]:
        """What was counted, and what is usual; the latter is empty while that is not known."""
        incident = facts.incident
        number = round(incident.count)
        usual = "" if facts.learning else _usual(incident.expected)
        match incident.measure:
            case Measure.VOLUME:
                return counted(number, "mention", "mentions"), usual
            case Measure.NEGATIVE:
                return counted(number, "negative mention", "negative mentions"), usual
            case Measure.AUTHORS:
                return counted(number, "author", "authors") + (", hour by hour," if incident.hours > 1 else ""), usual
        total = incident.total or 0
        usual = "" if facts.learning else f"{100 * incident.expected:.0f} in 100"
        return f"{round(incident.count * total):,} of {counted(total, 'mention', 'mentions')} negative", usual

    def window(self, facts: SpikeFacts) -> str:
        until = facts.until or facts.incident.detected_at
        since = until - timedelta(hours=facts.incident.hours)
        first, last = since.astimezone(self._zone), until.astimezone(self._zone)
        if first.date() == (last - timedelta(microseconds=1)).date():
            day = "" if first.date() == self._today else f"on {day_words(first.date(), self._today)} "
            return f"{day}between {first:%H:%M} and {last:%H:%M}"
        return f"between {moment_words(since, self._zone, self._today)} and {moment_words(until, self._zone, self._today)}"

    def since(self, incident: SpikeIncident, until: datetime | None) -> str:
        """``, mostly since 08:00``, where the burst began within the hours that were counted."""
        end = until or incident.detected_at
        within = end - timedelta(hours=incident.hours) < incident.start < end
        return f", mostly since {moment_words(incident.start, self._zone, self._today)}" if within else ""

    def state(self, incident: SpikeIncident) -> str:
        last = moment_words(incident.last_excess_at, self._zone, self._today)
        begun = moment_words(incident.start, self._zone, self._today)
        over = incident.closed_at is not None or self._now - incident.last_excess_at >= QUIET
        return f"began {begun}; over: nothing unusual since {last}" if over else f"began {begun}; still more than usual at {last}"


def _usual(expected: float) -> str:
    return "fewer than 1" if expected < 0.75 else f"{max(round(expected), 1):,}"


def _facts(ordered: Sequence[SpikeFacts], words: _Words, topics: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    labels = {Measure.VOLUME: "Mentions", Measure.NEGATIVE: "Negative", Measure.SHARE: "Share", Measure.AUTHORS: "Authors"}
    for facts in ordered:
        if facts.incident.measure is Measure.AUTHORS and len(ordered) > 1:
            continue  # how many people there were is said below
        yield labels[facts.incident.measure], words.line(facts)
    lead = ordered[0]
    if lead.learning:
        yield "Usually", "not known yet: that takes two weeks of listening, and until then only a flood is told of"
    else:
        yield "By chance", f"{chance_words(lead.incident.p_value)} (p = {lead.incident.p_value:.1g})"
    yield "Burst", words.state(max((facts.incident for facts in ordered), key=lambda each: each.last_excess_at))
    said = [f"{lead.labels[label]:,} {_label(label)}" for label in _SHOWN if lead.labels.get(label)]
    unsure = lead.mentions - sum(lead.labels.values())
    if said or unsure > 0:
        yield "Said", ", ".join([*said, *([f"{unsure:,} unsure"] if unsure > 0 else [])])
    if lead.authors:
        yield "By", counted(lead.authors, "person", "different people")
    if lead.topics:
        yield "About", ", ".join(f"{one_line(topics.get(key, key.replace('-', ' ')), 60)} ({n:,})" for key, n in lead.topics)
    if lead.sources:
        yield "Heard in", ", ".join(f"{one_line(source, 60)} ({n:,})" for source, n in lead.sources)


def _label(label: Label) -> str:
    return "not scored" if label is Label.UNSCORED else label.value


def chance_words(p_value: float) -> str:
    """How often as much or more would be seen, were all as usual, looking once an hour."""
    years = 1 / max(p_value, 1e-300) / _YEAR
    if years >= 1_000:
        return "less than once in 1,000 years"
    if years >= 1.5:
        return f"about once in {years:,.0f} years" if years < 10 else f"about once in {float(f'{years:.1g}'):,.0f} years"
    return f"about once in {max(round(years * 12), 1)} months"


def _command(name: str, mentions: int) -> str:
    words = quote('"' + name.replace('"', " ").strip() + '"')
    return f"listener mentions {words} --limit {min(max(mentions, 10), _MOST)}"
