"""Critiques that several people put in words of their own: phrases that recur in what is held against a brand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from listener.alerts.plan import longest, plan
from listener.alerts.stories import REMEMBERED, STEPS, spreading_draft
from listener.core.alert_ports import AlertBook, Blame, BlameBook, PhraseUse, StoryFacts
from listener.core.alerting import AlertDraft, AlertPlan, AlertPolicy, AlertRecord, AlertState
from listener.core.analysis import Label
from listener.core.mention import digest
from listener.core.plain import one_line
from listener.core.recipients import Recipient
from listener.core.telling import Theme, Utterance

BEFORE = timedelta(days=28)
"""What is usual is taken from so long a time before the window."""
TIMES = 3
"""So many times as many people as usual must use the phrase."""
AGAINST = 0.75
"""Of those who use it, so many must be negative: others use what is but a term of the trade."""
SURELY = 1 / 3
"""Of those who use it, so many must be surely negative: several who say the same make a doubtful verdict likelier, not sure."""
OF_ALL = 0.05
"""Of all who are negative, so many must use it: among thousands any phrase is used by three."""
MOST = 3
"""Phrases of a brand that are told at a time."""

Phrases = Callable[[Sequence[Utterance]], Sequence[Theme]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that enough people hold against a brand, and who."""

    key: str
    words: str
    people: frozenset[int]
    mention_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Novel:
    phrase: Phrase
    step: int
    further: bool


def watch_repeated(
    book: BlameBook,
    alerts: AlertBook,
    find: Phrases,
    policy: AlertPolicy,
    recipients: Sequence[Recipient],
    brands: Mapping[str, str],
    now: datetime,
    zone: tzinfo,
) -> AlertPlan:
    """Tell of phrases that several people hold against a brand, and again when twice as many do; ``brands`` are names by key.

    Returns what was kept, in one transaction with its messages for each brand.
    """
    since = now - timedelta(hours=policy.spreading_hours)
    done = AlertPlan()
    for brand, name in brands.items():
        phrases = shared(book.blame(brand, since, now), find, policy.spreading_authors)
        if not phrases:
            continue
        subjects = {subject for one in phrases for subject in _all_subjects(brand, one.key)}
        recent = alerts.recent(subjects, now - max(longest(policy), REMEMBERED))
        drafts: list[AlertDraft] = []
        for news in untold(brand, phrases, recent, policy):
            stems = [word.removesuffix("y") for word in news.phrase.key.split()]  # "policy" stands for "policies" as well
            if not is_news(book.phrase_use(brand, stems, since, now, BEFORE), now - since):
                continue
            facts = book.said_in(brand, news.phrase.mention_ids, now)
            if facts is not None:
                drafts.append(_draft(facts, news, name, policy, now, zone))
            if len(drafts) == MOST:
                break
        made = plan(drafts, recent, policy, recipients, now)
        if made:
            alerts.save(made, now)
            done += made
    return done


def shared(said: Sequence[Blame], find: Phrases, least: int) -> list[Phrase]:
    """The phrases that at least so many people use, whom no story tells together already; those of most people first."""
    of_story: dict[int, set[int]] = {}
    for one in said:
        of_story.setdefault(one.story_id, set()).add(one.person_id)
    told = {person for people in of_story.values() if len(people) >= least for person in people}
    left = [one for one in said if one.person_id not in told]
    everybody = len({one.person_id for one in said})
    enough = max(least, OF_ALL * everybody)
    if len({one.person_id for one in left}) < enough:
        return []
    found = []
    for theme in find([Utterance(one.person_id, one.text, Label.NEGATIVE) for one in left]):
        people = frozenset(left[place].person_id for place in theme.places)
        if len(people) >= enough:
            ids = tuple(sorted(left[place].mention_id for place in theme.places))
            found.append(Phrase(theme.key, theme.phrase, people, ids))
    return sorted(found, key=lambda one: (-len(one.people), -len(one.key.split()), one.key))


def untold(brand: str, phrases: Iterable[Phrase], recent: Collection[AlertRecord], policy: AlertPolicy) -> Iterator[_Novel]:
    """Phrases that were not told in this size or a larger one; of those that the same people use, the first."""
    found = {record.subject: record.state for record in recent}
    for group in _groups(phrases):
        known = {
            (key, step): found[subject]
            for one in group
            for key in _parts(one.key)
            for step in STEPS
            if (subject := _subject(brand, key, step)) in found
        }
        first = group[0]
        step = _step_of(len(first.people), policy)
        if all(before < step for _, before in known):
            yield _Novel(first, step, any(state is not AlertState.HELD for state in known.values()))


def _groups(phrases: Iterable[Phrase]) -> list[list[Phrase]]:
    """Phrases of which at least half of the people are those of a group's first one are told as one."""
    groups: list[list[Phrase]] = []
    for one in phrases:
        same = (group for group in groups if 2 * len(one.people & group[0].people) >= len(one.people))
        group = next(same, None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return groups


def is_news(use: PhraseUse, window: timedelta) -> bool:
    """Whether it is blame that carries the phrase, and more people use it than did before."""
    if use.against < AGAINST * use.people or use.surely < SURELY * use.people:
        return False
    usual = use.earlier * (window / max(use.heard, window))
    return use.people >= TIMES * usual


def _draft(story: StoryFacts, news: _Novel, name: str, policy: AlertPolicy, now: datetime, zone: tzinfo) -> AlertDraft:
    phrase, step = news.phrase, news.step
    words = f"A critique of {one_line(name, 60)} spreads{' further' if news.further else ''}, “{one_line(phrase.words, 60)}”"
    key = digest("theme", story.brand, phrase.key, str(step), str(min(phrase.mention_ids)))
    return spreading_draft(
        story, min(phrase.mention_ids), key, _subject(story.brand, phrase.key, step), words, name, policy, now, zone
    )


def _step_of(people: int, policy: AlertPolicy) -> int:
    return min(max((people // max(policy.spreading_authors, 1)).bit_length() - 1, 0), STEPS[-1])


def _subject(brand: str, key: str, step: int) -> str:
    return f"theme:{brand}:{digest('theme', key)[:16]}" + (f":x{2**step}" if step else "")


def _all_subjects(brand: str, key: str) -> Iterator[str]:
    return (_subject(brand, part, step) for part in _parts(key) for step in STEPS)


def _parts(key: str) -> Iterator[str]:
    """The phrase and those within it: of "export delete order" "export delete" may have been told."""
    words = key.split()
    return (" ".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1))
