"""Critiques that spread, in words: who repeats them, where, how fast, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice

from listener.alerts.model import Alert, AlertItem
from listener.alerts.plan import longest, plan
from listener.core.alert_ports import AlertBook, StoryBook, StoryFacts, StorySize
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertRecord, AlertRule, AlertState
from listener.core.analysis import Label
from listener.core.mention import digest
from listener.core.plain import one_line
from listener.core.recipients import Recipient
from listener.counting import counted
from listener.digest.quotes import quote_lines
from listener.digest.words import EXCERPT
from listener.timewords import moment_words, span_words

NAMED = 4
"""So many sources are named; further ones are counted."""
MOST = 20
"""Stories that are told at a time, those first that most people tell; further ones are told the next time."""
STEPS = range(20)
"""Doublings that are told of."""
REMEMBERED = timedelta(days=30)
"""For so long at least it is known under which id a story was told."""


def watch_stories(
    book: StoryBook,
    alerts: AlertBook,
    policy: AlertPolicy,
    recipients: Sequence[Recipient],
    brands: Mapping[str, str],
    now: datetime,
    zone: tzinfo,
) -> AlertPlan:
    """Tell of critiques that several people repeat, and again when twice as many do; ``brands`` are names by key.

    Returns what was kept, in one transaction with its messages.
    """
    since = now - timedelta(hours=policy.spreading_hours)
    stories = book.spreading(since, now, policy.spreading_authors, brands)
    subjects = {subject for story in stories for subject in _all_subjects(story)}
    recent = alerts.recent(subjects, now - max(longest(policy), REMEMBERED))
    news = untold(stories, recent, policy)
    drafts: list[AlertDraft] = []
    while len(drafts) < MOST and (some := list(islice(news, MOST))):
        told = {(one.story.story_id, one.story.brand): one for one in some}
        facts = book.story_facts([one.story for one in some], since, now, now)
        each = [(story, told[story.story_id, story.brand]) for story in facts]
        drafts += [story_draft(story, one, brands[story.brand], policy, now, zone) for story, one in each]
    made = plan(drafts[:MOST], recent, policy, recipients, now)
    if made:
        alerts.save(made, now)
    return made


@dataclass(frozen=True, slots=True)
class Untold:
    """A story that was not told in this size."""

    story: StorySize
    ident: int
    """The id under which it is told."""
    step: int
    """How often its authors doubled."""
    further: bool = False
    """People were told of it when it was smaller."""


def untold(stories: Iterable[StorySize], recent: Collection[AlertRecord], policy: AlertPolicy) -> Iterator[Untold]:
    """Stories that were not told in this size or a larger one; what was held counts as told."""
    found = {record.subject: record.state for record in recent}
    for story in stories:
        known = {
            (ident, step): found[subject]
            for ident in _idents(story)
            for step in STEPS
            if (subject := _subject(ident, story.brand, step)) in found
        }
        step = step_of(story, policy)
        if all(before < step for _, before in known):
            ident = min((ident for ident, _ in known), default=story.story_id)
            yield Untold(story, ident, step, any(state is not AlertState.HELD for state in known.values()))


def step_of(story: StorySize, policy: AlertPolicy) -> int:
    """0 for a story that just spreads, 1 when twice as many people tell it, 2 with four times as many, and so on."""
    return min(max((story.authors // max(policy.spreading_authors, 1)).bit_length() - 1, 0), STEPS[-1])


def _subject(ident: int, brand: str, step: int) -> str:
    """Of its own for each step: that a story doubled is news whatever the limit of its subject."""
    return f"story:{ident}:{brand}" + (f":x{2**step}" if step else "")


def _all_subjects(story: StorySize) -> Iterator[str]:
    """Of every size, for a story may shrink."""
    return (_subject(ident, story.brand, step) for ident in _idents(story) for step in STEPS)


def _idents(story: StorySize) -> Sequence[int]:
    return story.known_as or (story.story_id,)


def story_draft(story: StoryFacts, told: Untold, name: str, policy: AlertPolicy, now: datetime, zone: tzinfo) -> AlertDraft:
    """The alert about one story of a brand (``name``)."""
    ident, step = told.ident, told.step
    what = "Praise and blame" if story.label is Label.MIXED else "A critique"
    news = f"{what} of {one_line(name, 60)} spreads{' further' if told.further else ''}"
    key, subject = digest("story", story.brand, str(ident), str(step)), _subject(ident, story.brand, step)
    return spreading_draft(story, ident, key, subject, news, name, policy, now, zone)


def spreading_draft(
    story: StoryFacts, first: int, key: str, subject: str, news: str, name: str, policy: AlertPolicy, now: datetime, zone: tzinfo
) -> AlertDraft:
    """The alert about what several people tell, after ``news``: how many, where, since when; ``first`` is the first mention."""
    today = now.astimezone(zone).date()
    quotes = quote_lines(story.quotes, zone, EXCERPT)
    people, sources = counted(story.authors, "person", "people"), counted(len(story.sources), "source", "sources")
    span = span_words(max(now - story.first_said_at, timedelta(minutes=1)))
    within = f"within {span}" if now - story.first_said_at <= timedelta(hours=policy.spreading_hours) else ""
    item = AlertItem(
        news=f"{news}: told by {people} on {sources} {within}".strip(),
        title=one_line(name, 60),
        facts=tuple(_facts(story, zone, today)),
        step=_step(story),
        command=f"listener mentions show {quotes[0].mention_id if quotes else first}",
        quotes=quotes,
    )
    alert = Alert(key, AlertRule.SPREADING, item.news, now.astimezone(zone), str(zone), good=False, items=(item,))
    return AlertDraft(
        key=key,
        rule=AlertRule.SPREADING,
        subject=subject,
        words=alert.to_json(),
        at=now,
        brand=story.brand,
        mention_ids=tuple(line.mention_id for line in quotes),
    )


def _facts(story: StoryFacts, zone: tzinfo, today: date) -> Iterator[tuple[str, str]]:
    told = counted(story.authors, "person", "people") + f" in {counted(story.mentions, 'mention', 'mentions')}"
    among = f"; {counted(story.customers, 'known customer', 'known customers')} among them" if story.customers else ""
    yield "Told by", told + among
    named = ", ".join(one_line(source, 60) for source in story.sources[:NAMED])
    more = f" and {len(story.sources) - NAMED:,} more" if len(story.sources) > NAMED else ""
    yield "Heard in", named + more
    if story.reach is not None:
        yield "Reach", f"{counted(story.reach, 'follower', 'followers')} together, as far as known"
    yield "First said", moment_words(story.first_said_at, zone, today)
    yield "Last heard", moment_words(story.last_heard_at, zone, today)
    yield "Says", "praise and blame" if story.label is Label.MIXED else "negative"


def _step(story: StoryFacts) -> str:
    answer = "Answer once, in public, where it began, before more people repeat it"
    if story.customers:
        return f"{answer}; tell the owners of the customers among its authors, so that they can call."
    return f"{answer}; if it is right, say what changes and when."
