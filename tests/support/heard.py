"""Builders for tests of the store: mentions, verdicts, matches and standings of an invented brand, and steps that save them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from listener.core.analysis import Analysis, AnalysisJob, Intent, Label, Relevance, Sentiment, TargetSentiment
from listener.core.brand import OPEN_WEB, Evidence, Provenance, TargetKind
from listener.core.cases import CaseChange, CaseKind, CaseState, EventKind
from listener.core.mention import Author, Mention, Page
from listener.core.people import Customer, KnownHandle, Match, MatchJob, Outcome, Reason
from listener.core.ports import Saved
from listener.core.standing import JudgeJob, Stance, Standing
from listener.core.times import midnight

if TYPE_CHECKING:
    from storage.store import Store

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = NOW - 1000 * DAY
PEPPER = "pepper of the tests"
BRAND = "quillon"
ANALYZER = "analyzer 1"
MATCHER = "matcher 1"
JUDGE = "judge 1"

PRAISE = "Quillon Flow has saved our team hours every single week."


@cache
def _empty_store() -> bytes:
    """A SQLite file with our tables and no rows: copying it is ten times as fast as migrating a new one."""
    from storage.store import open_store

    with TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        open_store(f"sqlite:///{file}", now=NOW, pepper=PEPPER).close()
        return file.read_bytes()


def sqlite_url(file: Path) -> str:
    """The URL of a new, empty store in that file."""
    file.write_bytes(_empty_store())
    return f"sqlite:///{file}"


def mention(number: int | str, text: str = "", **values: Any) -> Mention:
    """A post of ``blog.example`` by the author named in ``by`` (a handle), said an hour ago."""
    by = values.pop("by", f"writer{number}")
    author = values.pop("author", Author(handle=by, display_name=f"{by} (name)") if by else Author())
    defaults: dict[str, Any] = {
        "platform": "rss",
        "origin": "https://blog.example/feed",
        "external_id": f"post-{number}",
        "text": text or f"{PRAISE} ({number})",
        "author": author,
        "title": f"Title {number}",
        "url": f"https://blog.example/post-{number}",
        "published_at": NOW - HOUR,
        "language": "en",
    }
    return Mention(**{**defaults, **values})


def hear(store: Store, *mentions: Mention, now: datetime = NOW, **values: Any) -> Saved:
    """Save a page of one stream."""
    source, stream = values.get("source", "blogs"), values.get("stream", "")
    page = Page(mentions, cursor=values.get("cursor", {"etag": "1"}))
    policy = values.get("policy", OPEN_WEB.name)
    return store.mentions.save_page(source, stream, "rss", policy, page, now, values.get("news_since", LONG_AGO))


def sentiment(label: Label = Label.POSITIVE, *evidence: str, **values: Any) -> Sentiment:
    score = {Label.POSITIVE: 0.8, Label.NEGATIVE: -0.8}.get(label, 0.0)
    probability = None if label == Label.UNSCORED else (0.1, 0.2, 0.7)
    defaults: dict[str, Any] = {"probability": probability, "reason": "not English" if label == Label.UNSCORED else None}
    return Sentiment(label, score, "vader", "1", **{**defaults, **values}, evidence=evidence)


def target(label: Label = Label.POSITIVE, *evidence: str, kind: TargetKind = TargetKind.BRAND, **values: Any) -> TargetSentiment:
    key = values.get("key", BRAND if kind == TargetKind.BRAND else f"{BRAND}/{kind.value}")
    return TargetSentiment(key, kind, values.get("brand", BRAND), sentiment(label, *evidence), values.get("alias", "Quillon"))


def about(*targets: TargetSentiment, intents: Sequence[Intent] = ()) -> Analysis:
    return Analysis(Relevance.ABOUT, "en", targets or (target(Label.POSITIVE, PRAISE),), tuple(intents))


OFF_TARGET = Analysis(Relevance.NO_TARGET, "en", note="no target is named")


def understand(store: Store, *verdicts: Analysis, now: datetime = NOW, fingerprint: str = ANALYZER) -> list[AnalysisJob]:
    """Analyse all that waits: with the verdicts in order, the last for the rest; about the brand if none is given."""
    jobs = list(store.analyses.pending_analyses(fingerprint, 10_000))
    given = [*verdicts, *[verdicts[-1] if verdicts else about()] * len(jobs)][: len(jobs)]
    store.analyses.save_analyses(list(zip(jobs, given, strict=True)), fingerprint, now)
    return jobs


def customer(number: int, **values: Any) -> Customer:
    defaults: dict[str, Any] = {
        "contact_id": f"C{number}",
        "first_name": "Ada",
        "last_name": f"Lind{number}",
        "email": f"ada{number}@firm{number}.example",
        "company": f"Firm {number}",
        "website": f"https://www.firm{number}.example/about",
        "title": "Engineer",
        "city": "Halden",
        "segment": "Gold",
        "products": ("Flow",),
        "customer_since": "2020-01-31",
        "owner": "Kim",
        "handles": (KnownHandle("rss", f"writer{number}", Provenance.GIVEN),),
        "extra": {"notes": "met at a fair"},
    }
    return Customer(**{**defaults, **values})


def import_customers(
    store: Store, *customers: Customer, import_id: str = "i1", now: datetime = NOW, **values: Any
) -> tuple[Saved, int]:
    """A whole import in one page; each customer's keys are ``email:…`` and ``handle:…`` or those given."""
    keys: Collection[str] | None = values.get("keys")
    page = [(one, keys or [f"email:{one.email}", *(f"handle:{known.handle}" for known in one.handles)]) for one in customers]
    saved = store.customers.save_customers(page, import_id, now)
    return saved, store.customers.finish_import(import_id, now, allow_shrink=values.get("allow_shrink", False))


def linked(contact_id: str, **values: Any) -> Match:
    reason = Reason("the CRM knows this handle", 12.5, Evidence.HANDLE)
    defaults: dict[str, Any] = {"outcome": Outcome.LINK, "probability": 0.99, "contact_id": contact_id, "evidence": (reason,)}
    return Match(**{**defaults, "policy": OPEN_WEB.name, "engine": "rules", "version": "1", **values})


NOBODY = Match(Outcome.NONE, 0.0, OPEN_WEB.name, "rules", "1")
ONE_OF_US = Match(Outcome.NONE, 0.0, OPEN_WEB.name, "rules", "1", own_side=True)


def identify(
    store: Store, known: dict[str, Match] | None = None, *, now: datetime = NOW, fingerprint: str = MATCHER
) -> list[MatchJob]:
    """Match all authors that wait: by handle as given, the others as nobody."""
    jobs = list(store.matches.pending_matches(fingerprint, 10_000, {OPEN_WEB.name: OPEN_WEB}))
    done = [(job, (known or {}).get(job.author.handle or "", NOBODY)) for job in jobs]
    store.matches.save_matches(done, fingerprint, now)
    return jobs


def standing(stance: Stance = Stance.PROMOTER, **values: Any) -> Standing:
    defaults: dict[str, Any] = {
        "probability": (0.8, 0.15, 0.05),
        "interval": (0.7, 0.9),
        "effective_n": 2.5,
        "as_of": midnight(NOW),
        "last_said_at": NOW - HOUR,
        "mentions": 3,
        "days": 2,
        "deciding": (1, 2),
        "why": "3 positive posts on 2 days",
        "next_change_at": NOW + 30 * DAY,
    }
    return Standing(stance, **{**defaults, **values})


def opened(person_id: int, kind: CaseKind = CaseKind.HEARD, **values: Any) -> CaseChange:
    defaults: dict[str, Any] = {
        "brand": BRAND,
        "event": EventKind.OPENED,
        "state": CaseState.NEW,
        "at": NOW,
        "actor": "listener",
        "reason": "a customer spoke",
        "mention_ids": (1,),
    }
    return CaseChange(kind=kind, person_id=person_id, **{**defaults, **values})


def pending(store: Store, as_of: datetime | None = None, fingerprint: str = JUDGE) -> list[JudgeJob]:
    return list(store.standings.pending_standings(as_of or midnight(NOW), fingerprint, 10_000))


def judge(store: Store, *, now: datetime = NOW, **values: Any) -> list[JudgeJob]:
    """Judge all who wait: everybody with opinions gets ``standing`` (a promoter) and a case of kind ``case`` (heard)."""
    jobs = pending(store, midnight(now))
    given = values.get("standing", standing(as_of=midnight(now)))
    done = []
    for job in jobs:
        ids = tuple(opinion.mention_id for opinion in job.opinions)
        change = opened(job.person_id, values.get("case", CaseKind.HEARD), mention_ids=ids, at=now, due_at=values.get("due_at"))
        new = bool(ids) and not {case.kind for case in job.cases} & {change.kind}
        done.append((job, given if job.opinions else None, [change] if new else []))
    store.standings.save_standings(done, JUDGE, now)
    return jobs
