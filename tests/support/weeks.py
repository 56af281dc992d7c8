"""Ten weeks of an invented brand in a store: posts, competitors, topics, customers, stances and follow-ups, always the same.

The last week ends with the day before ``MONDAY``. Built with the steps of ``tests.support.heard``, so that everything is written
as the program writes it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from listener.core.analysis import Analysis, AspectSentiment, Label, Relevance
from listener.core.brand import TargetKind
from listener.core.cases import Action, Case, CaseChange, CaseKind, CaseState, EventKind
from listener.core.ports import Saved, StreamResult
from listener.core.recipients import Recipient
from listener.core.standing import Stance
from listener.core.times import midnight
from listener.core.trends import TrendFacts, Weeks
from listener.digest.weekly import Names, build_weekly
from listener.digest.weekly_model import Weekly
from tests.support.heard import (
    BRAND,
    DAY,
    HOUR,
    JUDGE,
    ONE_OF_US,
    PEPPER,
    customer,
    hear,
    identify,
    import_customers,
    linked,
    mention,
    opened,
    pending,
    sentiment,
    sqlite_url,
    standing,
    target,
    understand,
)

if TYPE_CHECKING:
    from storage.store import Store

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
WEEKS = Weeks.before(MONDAY, BERLIN, 8)
VOLUMES = (21, 24, 19, 26, 31, 28, 33, 29, 35, 49)
"""Posts by others than our own side, week by week; the last is the one that ends before ``MONDAY``."""
TOPICS = ("pricing", "support", "export")
RIVALS = {("quillon", "quillon/brixa"): "Brixa", ("quillon", "quillon/tintwell"): "Tintwell"}
NAMES = {"quillon": "Quillon"}
TOPIC_NAMES = {("quillon", "pricing"): "Pricing", ("quillon", "support"): "Support", ("quillon", "export"): "Overnight export"}
PEOPLE = 12
"""Customers; the posts of the first writers are theirs."""


def ten_weeks(store: Store, volumes: tuple[int, ...] = VOLUMES, *, seed: int = 7) -> None:
    """Fill the store as if it had been listening for all the weeks."""
    dice = Random(seed)
    names = ("Maren", "Idris", "Yara", "Bo", "Priya", "Tobias", "Noor", "Caspian", "Salma", "Ines", "Tomas", "Ada")
    people = [
        customer(
            n,
            first_name=names[n - 1],
            last_name=f"Oldhavn-{n}",
            segment="Enterprise" if n % 3 else "Mid-market",
            owner="Kim" if n % 2 else "Lee",
        )
        for n in range(1, PEOPLE + 1)
    ]
    first = MONDAY - timedelta(weeks=len(volumes))
    import_customers(store, *people, now=datetime.combine(first, datetime.min.time(), UTC))
    known = {f"writer{n}": linked(f"C{n}") for n in range(1, PEOPLE + 1)} | {"us": ONE_OF_US}
    number = 0
    for week, volume in enumerate(volumes):
        monday = datetime.combine(first + timedelta(weeks=week), datetime.min.time(), BERLIN).astimezone(UTC)
        last = week == len(volumes) - 1
        posts, verdicts = [], []
        for _ in range(volume + 1):  # one of our own side's besides
            number += 1
            ours = len(posts) == volume
            by = "us" if ours else f"writer{dice.choice((*range(1, PEOPLE + 1), *range(20, 60)))}"
            said_at = monday + timedelta(minutes=dice.randrange(30, 7 * 24 * 60 - 30))
            posts.append(
                mention(number, f"Quillon, post {number}: {' '.join(dice.choices(_WORDS, k=9))}.", by=by, published_at=said_at)
            )
            verdicts.append(_verdict(dice, last=last))
        for _ in range(volume + dice.randrange(-4, 9)):
            number += 1
            said_at = monday + timedelta(minutes=dice.randrange(30, 7 * 24 * 60 - 30))
            posts.append(
                mention(
                    number,
                    f"Rivals, post {number}: {' '.join(dice.choices(_WORDS, k=9))}.",
                    by=f"fan{number % 40}",
                    published_at=said_at,
                )
            )
            verdicts.append(_rival(dice))
        now = monday + 7 * DAY - HOUR
        hear(store, *posts, now=now)
        understand(store, *verdicts, now=now)
        identify(store, known, now=now)
        _judge(store, now, last=last)
        run = store.runs.begin_run(now)
        store.runs.log_streams(run, "rss", [StreamResult("blogs", "", Saved(volume))], now)
        store.runs.end_run(run, now, {})
    _answer(store, NOW - 3 * DAY)


def _verdict(dice: Random, *, last: bool) -> Analysis:
    labels = (Label.POSITIVE, Label.NEUTRAL, Label.NEGATIVE, Label.MIXED, Label.UNSCORED)
    label = dice.choices(labels, (30, 35, 34 if last else 16, 6, 4))[0]
    topic = dice.choices((*TOPICS, None), (40 if last else 12, 14, 10, 50))[0]
    aspects = (AspectSentiment(topic, BRAND, topic, sentiment(label)),) if topic else ()
    rivals = (target(kind=TargetKind.COMPETITOR, key="quillon/brixa"),) if dice.random() < 0.1 else ()
    return Analysis(Relevance.ABOUT, "en", (target(label), *rivals), aspects=aspects)


def _rival(dice: Random) -> Analysis:
    key = dice.choices(tuple(RIVALS), (3, 1))[0][1]
    return Analysis(Relevance.ABOUT, "en", (target(Label.NEUTRAL, kind=TargetKind.COMPETITOR, key=key),))


def _judge(store: Store, now: datetime, *, last: bool) -> None:
    """Customers are passive until the last week, or promoters, or detractors; then some turn, and a few get a follow-up."""
    jobs = pending(store, midnight(now))
    mine = sorted({job.person_id for job in jobs if job.customer})
    done = []
    for job in jobs:
        place = mine.index(job.person_id) if job.customer else 3
        before, after = _STANCES[place % len(_STANCES)]
        its = standing(after if last else before, as_of=midnight(now), deciding=())
        calls = last and place % 5 == 0 and bool(job.opinions)
        change = opened(job.person_id, CaseKind.FOLLOW_UP, at=now - 4 * DAY, due_at=now - 2 * DAY, mention_ids=())
        done.append((job, its if job.opinions else None, [change] if calls else []))
    store.standings.save_standings(done, JUDGE, now)


_STANCES = (
    (Stance.PASSIVE, Stance.PROMOTER),
    (Stance.DETRACTOR, Stance.PASSIVE),
    (Stance.PROMOTER, Stance.PASSIVE),
    (Stance.PASSIVE, Stance.PASSIVE),
    (Stance.PROMOTER, Stance.PROMOTER),
)


def _answer(store: Store, at: datetime) -> None:
    """Of the follow-ups the first two are answered, and a customer becomes a candidate whom somebody confirms."""
    first, second, *_ = sorted(store.cases.find(kind=CaseKind.FOLLOW_UP), key=lambda case: case.case_id)
    for hours, case in ((0, first), (20, second)):
        store.cases.apply(decision(case, Action.CONTACTED, CaseState.CONTACTED, at + hours * HOUR))
    store.cases.apply(opened(second.person_id, CaseKind.CANDIDATE, at=at))
    (candidate,) = store.cases.find(kind=CaseKind.CANDIDATE)
    store.cases.apply(decision(candidate, Action.CONFIRM, CaseState.CONFIRMED, at + HOUR))


def decision(case: Case, action: Action, state: CaseState, at: datetime) -> CaseChange:
    return CaseChange(
        case.kind, case.person_id, case.brand, EventKind.DECIDED, state, at, "kim", "", case.case_id, case.due_at, action=action
    )


_WORDS = ("tray", "export", "queue", "bindery", "invoice", "night", "plant", "label", "sensor", "paper", "ink", "roller", "proof")


@cache
def trend_facts() -> TrendFacts:
    """What the store of ``ten_weeks`` knows."""
    from storage.store import open_store

    with TemporaryDirectory() as folder, open_store(sqlite_url(Path(folder) / "store.db"), now=NOW, pepper=PEPPER) as store:
        ten_weeks(store)
        return store.trends.trend_facts(WEEKS, tuple(NAMES))


def a_week(**wishes: Any) -> Weekly:
    """The weekly edition of ``ten_weeks`` for somebody with these wishes (fields of ``Recipient``)."""
    recipient = Recipient("folder", "digest", zone=BERLIN, zone_name="Europe/Berlin", **wishes)
    return build_weekly(trend_facts(), recipient, Names(NAMES, RIVALS, TOPIC_NAMES))
