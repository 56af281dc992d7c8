"""What all that a person said over time amounts to: pure rules, (facts, thresholds, now) -> standing and case changes.

Opinions are weighed (old ones less, unsure ones less, no more than a few a day), the model of ``judging_model`` turns them into
probabilities, and the thresholds of ``JudgingPolicy`` turn these into a stance, or into *not enough evidence*.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from math import log, sqrt

from listener.case_rules import automatic_changes, next_look
from listener.core.analysis import Label
from listener.core.cases import CaseChange
from listener.core.policy import JudgingPolicy, Prior
from listener.core.standing import JudgeJob, Opinion, Stance, Standing
from listener.core.times import as_utc, midnight
from listener.judging_model import (
    LEAVES,
    RECOMMENDED,
    STARS,
    THREATENS_TO_LEAVE,
    Curve,
    Posterior,
    Vector,
    counted_stars,
    evidence,
    said_by_stars,
    signal,
)
from listener.judging_model import VERSION as MODEL_VERSION

VERSION = f"1/{MODEL_VERSION}"
"""Changes with the rules and with the model: standings of another version are computed anew."""

_DAY = timedelta(days=1)
_SEARCH_DAYS = 730
_SEARCH_STEP = 61
_Z80 = 1.2815515655446004
"""Half the width of the middle 80 % of a normal distribution, in standard deviations."""
_PRIOR_WORTH = 4.0
"""The prior counts as so many mentions in the width of the interval (the K of a shrunk mean)."""
_RECENT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Weighed:
    """An opinion that counts. ``said`` is the weight of what it says plainly, ``seen`` that of what the engine saw in it."""

    opinion: Opinion
    said: float
    seen: float


def judge(job: JudgeJob, policy: JudgingPolicy, now: datetime) -> tuple[Standing | None, tuple[CaseChange, ...]]:
    """The standing as of 00:00 UTC of ``now``'s day, and what it means for the person's cases.

    One of our own side, and a person of whom nothing is known, has no standing. With unchanged facts a second call on the same
    day changes nothing.
    """
    standing = None if job.own_side or not job.opinions else standing_of(job, policy, midnight(now))
    changes = automatic_changes(job, standing, policy, as_utc(now))
    if standing is None:
        return None, changes
    looks = [look for look in (standing.next_change_at, next_look(job, standing, changes, policy)) if look]
    return replace(standing, next_change_at=min(looks, default=None)), changes


def standing_of(job: JudgeJob, policy: JudgingPolicy, as_of: datetime) -> Standing:
    """The standing alone. ``as_of`` is a midnight; what was said after it weighs like something said at it."""
    weighed = weigh(job.opinions, policy, as_of)
    curve = _curve(weighed, policy)
    probability = curve(1.0)
    effective_n = sum(each.seen for each in weighed)
    explicit = any(_recommends(each.opinion) for each in weighed)
    previous = job.previous.stance if job.previous else None
    stance = _stance(probability, effective_n, explicit, previous, policy)
    own = [opinion.said_at for opinion in job.opinions if opinion.own_words]
    return Standing(
        stance=stance,
        probability=probability,
        interval=interval(probability[0], effective_n),
        effective_n=effective_n,
        as_of=as_of,
        last_said_at=max(own, default=None),
        mentions=len(weighed),
        days=len({_day(each.opinion) for each in weighed}),
        deciding=_deciding(weighed),
        why=_why([each.opinion for each in weighed], as_of),
        next_change_at=_next_change(job, policy, as_of, stance, explicit),
    )


# ------------------------------------------------------------------------------------------------ weighing


def weigh(opinions: Iterable[Opinion], policy: JudgingPolicy, as_of: datetime) -> tuple[Weighed, ...]:
    """The opinions that count, oldest first, with their weights: a pure function of the *set* of opinions.

    Only a person's own words count, once a story, and of one UTC day no more than ``daily_cap``: those that say most, so that a
    flood of bland posts hides no complaint. An opinion of which the engine is unsure weighs less, since the measured errors are
    an average over sure and unsure ones; what it says plainly (a recommendation, stars) is not the engine's guess.
    """
    days: dict[int, list[Weighed]] = {}
    for opinion in _one_a_story(opinion for opinion in opinions if opinion.own_words and _says_something(opinion)):
        doubtful = opinion.sentiment.unsure and opinion.rating is None
        days.setdefault(_day(opinion), []).append(Weighed(opinion, 1.0, policy.unsure_weight if doubtful else 1.0))
    counted = [each for day in days.values() for each in sorted(day, key=_most_said)[: policy.daily_cap]]
    counted.sort(key=lambda each: _when(each.opinion))
    fresh = [_fresh(each.opinion.said_at, as_of, policy) for each in counted]
    return tuple(Weighed(each.opinion, each.said * new, each.seen * new) for each, new in zip(counted, fresh, strict=True))


def _most_said(each: Weighed) -> tuple[float, bool, float, int]:
    """What says most first; of equals, the negative one, then the newest, which weighs most."""
    opinion = each.opinion
    return -_impact(each), opinion.sentiment.label is not Label.NEGATIVE, -opinion.said_at.timestamp(), opinion.mention_id


def _says_something(opinion: Opinion) -> bool:
    return opinion.sentiment.label is not Label.UNSCORED or opinion.rating is not None


def _one_a_story(opinions: Iterable[Opinion]) -> list[Opinion]:
    """The first of each story, oldest first."""
    stories: dict[int, Opinion] = {}
    for opinion in sorted(opinions, key=_when):
        stories.setdefault(opinion.story_id, opinion)
    return list(stories.values())


def _when(opinion: Opinion) -> tuple[datetime, int]:
    return opinion.said_at, opinion.mention_id


def _day(opinion: Opinion) -> int:
    return as_utc(opinion.said_at).toordinal()


def _fresh(said_at: datetime, as_of: datetime, policy: JudgingPolicy) -> float:
    """1 for what was said today or later, half of it for each half-life before."""
    age: float = max(0.0, (as_of - said_at) / _DAY)
    return float(0.5 ** (age / policy.half_life_days))


def _stars(opinion: Opinion) -> float | None:
    return counted_stars(opinion.sentiment, opinion.rating)


def _recommends(opinion: Opinion) -> bool:
    """An explicit recommendation, or five stars with a text that could be read."""
    found = signal(opinion.sentiment, opinion.intents, opinion.rating)
    return found == RECOMMENDED or (found == STARS[5] and opinion.sentiment.label is not Label.UNSCORED)


# ------------------------------------------------------------------------------------------------ probability and stance


def _curve(weighed: Sequence[Weighed], policy: JudgingPolicy) -> Curve:
    seen: dict[Vector, float] = {}
    signals: dict[Vector, float] = {}
    for each in weighed:
        opinion = each.opinion
        if _stars(opinion) is None:  # the author's own stars take the place of an engine's guess
            for vector, share in evidence(opinion.sentiment):
                seen[vector] = seen.get(vector, 0.0) + share * each.seen
        if (spoken := signal(opinion.sentiment, opinion.intents, opinion.rating)) is not None:
            signals[spoken] = signals.get(spoken, 0.0) + each.said
    # Sums of floats depend on their order: a sorted one makes the result independent of the order of the opinions.
    return Curve(sorted(seen.items()), sorted(signals.items()), _prior(weighed, policy))


def _prior(weighed: Sequence[Weighed], policy: JudgingPolicy) -> Prior:
    """The mean of the priors of the platforms on which the person spoke, by weight."""
    total = sum(each.said for each in weighed)
    if not policy.priors or not total:
        return policy.prior
    sums = [0.0, 0.0, 0.0]
    for each in weighed:
        for group, share in enumerate(policy.priors.get(each.opinion.platform, policy.prior)):
            sums[group] += share * each.said / total
    return sums[0], sums[1], sums[2]


def _stance(probability: Posterior, effective_n: float, explicit: bool, previous: Stance | None, policy: JudgingPolicy) -> Stance:
    promoter, passive, detractor = probability
    if promoter >= policy.promoter_p and (explicit or effective_n >= policy.min_n):
        return Stance.PROMOTER
    if detractor >= policy.detractor_p:
        return Stance.DETRACTOR
    if passive >= policy.passive_p:
        return Stance.PASSIVE
    kept = {Stance.PROMOTER: promoter, Stance.PASSIVE: passive, Stance.DETRACTOR: detractor}
    if previous is not None and kept.get(previous, 0.0) >= policy.leave_p:
        return previous
    return Stance.UNKNOWN


def interval(share: float, effective_n: float) -> tuple[float, float]:
    """The 80 % interval of a probability that rests on ``effective_n`` mentions and a prior worth four more.

    Wilson's score interval, as if the probability were a share seen in that many trials: no sampling, inside [0, 1], and
    never narrower than the evidence. It says how much the figure could still move, not how often the label is right.
    """
    n = effective_n + _PRIOR_WORTH
    z2 = _Z80 * _Z80
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z80 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _next_change(job: JudgeJob, policy: JudgingPolicy, as_of: datetime, stance: Stance, explicit: bool) -> datetime | None:
    """The first midnight, within two years, at which decay alone changes the stance; ``None`` if none does.

    From tomorrow on, all of a person's weights fade by one common factor, so the posterior is a curve of one number. It is
    looked at every two months, and the change then found to the day; a stance that comes and goes between two looks is missed.
    """
    tomorrow = as_of + _DAY
    weighed = weigh(job.opinions, policy, tomorrow)
    curve = _curve(weighed, policy)
    n = sum(each.seen for each in weighed)

    def changed(days: int) -> bool:
        scale = 0.5 ** (days / policy.half_life_days)
        return _stance(curve(scale), n * scale, explicit, stance, policy) is not stance

    for seen in range(0, _SEARCH_DAYS, _SEARCH_STEP):
        if changed(seen):
            first = bisect_left(range(seen), True, lo=max(0, seen - _SEARCH_STEP + 1), key=changed)
            return tomorrow + timedelta(days=first)
    return None


# ------------------------------------------------------------------------------------------------ for people


def _deciding(weighed: Sequence[Weighed]) -> tuple[int, ...]:
    """The ids of up to three mentions that weighed most, the weightiest first."""
    ranked = sorted(weighed, key=lambda each: (-_impact(each), -each.opinion.mention_id))
    return tuple(each.opinion.mention_id for each in ranked[:3])


def _impact(each: Weighed) -> float:
    """How far the mention moves the scales: the spread of its log-likelihoods, weighted."""
    opinion = each.opinion
    spoken = signal(opinion.sentiment, opinion.intents, opinion.rating)
    total = each.said * _spread(spoken) if spoken else 0.0
    if _stars(opinion) is None:
        total += each.seen * sum(share * _spread(vector) for vector, share in evidence(opinion.sentiment))
    return total


@lru_cache(maxsize=1024)
def _spread(vector: Vector) -> float:
    return log(max(vector) / min(vector))


_ORDER = (Label.POSITIVE, Label.NEGATIVE, Label.MIXED, Label.NEUTRAL)


def _why(opinions: Sequence[Opinion], as_of: datetime) -> str:
    """One line for people, such as ``3 positive posts on 3 days on 2 platforms, none negative in 90 days``."""
    if not opinions:
        return "nothing in their own words that could be judged"
    told = [_told(opinion) for opinion in opinions]
    counts = [(told.count(label), label) for label in _ORDER if label in told]
    line = ", ".join(f"{count} {label.value}" for count, label in counts) + (" post" if len(told) == 1 else " posts")
    days, platforms = len({_day(opinion) for opinion in opinions}), len({opinion.platform for opinion in opinions})
    if days > 1:
        line += f" on {days} days"
    if platforms > 1:
        line += f" on {platforms} platforms"
    if any(_recommends(opinion) for opinion in opinions):
        line += ", recommends it"
    spoken = {signal(opinion.sentiment, opinion.intents, opinion.rating) for opinion in opinions}
    if LEAVES in spoken:
        line += ", is leaving"
    elif THREATENS_TO_LEAVE in spoken:
        line += ", threatens to leave"
    if Label.POSITIVE in told and not any(
        label in {Label.NEGATIVE, Label.MIXED} and as_of - opinion.said_at <= _RECENT_DAYS * _DAY
        for label, opinion in zip(told, opinions, strict=True)
    ):
        line += f", none negative in {_RECENT_DAYS} days"
    return line


def _told(opinion: Opinion) -> Label:
    """How the post is called in the line: by what a person said of it, else by its stars, else by the engine's label."""
    stars = _stars(opinion)
    return opinion.sentiment.label if stars is None else said_by_stars(stars)
