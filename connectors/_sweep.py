"""Reading a list that a service gives newest first, page by page, back to where the last time ended, without ever losing a post.

A cursor that simply moved to the newest post would lose everything older that was not fetched yet when a run is cut short. So the
cursor holds two things: ``until`` (everything before it was heard) and, while a sweep is under way, ``sweep`` (where it is). Only
a finished sweep moves ``until``. Services find new posts with a delay, so each sweep overlaps the last one; posts of the overlap
that were already handed over are known by their ids (``seen``), or by ``marked`` names that say nothing about their authors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors._json import moment
from listener.core.connector import ConnectorContext
from listener.core.errors import SourceProtocolError, SourceRejected
from listener.core.mention import Cursor, Gap, Json, Mention, Page, Rejected, content_hash, digest

OVERLAP = timedelta(hours=1)
FIRST = timedelta(days=7)
"""How far the first sweep goes back where nobody says."""
_SEEN = 2000
_LONGEST_TOKEN = 4000
_EDGE = 200
"""Of the posts handed over last, so many are known whatever their age: pages may shift while a sweep waits for the next run."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One page of the list. ``token`` is what the page before named as ``next``, of this or of an earlier run; ``None`` asks for
    the newest. Everything older than ``since`` is known; ``before`` is the oldest post that was handed over in this sweep, for
    services that can be asked for what is older than a moment."""

    since: datetime
    before: datetime | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One post, or one record that could not become one. ``at`` is its place in the list's order; ``None`` is unknown.

    ``name`` is what the cursor remembers it by, where that is not its id.
    """

    at: datetime | None
    item: Mention | Rejected
    name: str | None = None

    @property
    def id(self) -> str:
        return self.name or (self.item.external_id if isinstance(self.item, Mention) else self.item.item)


def marked(at: datetime | None, item: Mention | Rejected) -> Entry:
    """An entry that the cursor remembers by a digest of its id and its words: no handle, which many services' ids hold, gets into
    a cursor, and a post that was edited since it was handed over is handed over again."""
    if isinstance(item, Mention):
        return Entry(at, item, digest("seen", item.external_id, content_hash(item))[:16])
    return Entry(at, item, digest("seen", item.item, item.reason)[:16])


@dataclass(frozen=True, slots=True)
class Found:
    """One answer. ``next`` names the next older page; ``None``: there is none. ``gaps``: what the pages to come leave out."""

    entries: Sequence[Entry]
    next: str | None = None
    gaps: tuple[Gap, ...] = ()


def entries(items: Sequence[Mention | Rejected]) -> list[Entry]:
    """Posts in the order of their publication."""
    return [Entry(item.published_at if isinstance(item, Mention) else None, item) for item in items]


def step_back(oldest: datetime, bound: datetime | None, step: timedelta) -> tuple[datetime, tuple[Gap, ...]]:
    """Up to which moment (included) to ask next, where a service is asked by time in steps of ``step``.

    ``oldest`` is the oldest moment of the page, ``bound`` what the page was asked for. The moment is asked for again, because
    the page may have ended within it; a page that is full of one moment is stepped over, and what it left out is a gap.
    """
    if bound is None or oldest < bound:
        return oldest, ()
    return bound - step, (Gap(bound, bound + step, "more posts of one moment than the service gives at once"),)


@dataclass(slots=True)
class _State:
    """Where a stream is; ``seen`` and ``recent`` map names of entries to their places."""

    until: datetime | None
    seen: dict[str, datetime]
    began: datetime
    since: datetime
    before: datetime | None = None
    token: str | None = None
    recent: dict[str, datetime] = field(default_factory=dict)
    """Of this sweep, the last handed over last."""

    @property
    def heard(self) -> datetime:
        return self.until or self.since

    def under_way(self, overlap: timedelta) -> Cursor:
        recent = {**_newest(self.recent, self.began - overlap), **dict(list(self.recent.items())[-_EDGE:])}
        sweep: dict[str, Json] = {"began": self.began.isoformat(), "since": self.since.isoformat(), "recent": _plain(recent)}
        if self.before:
            sweep["before"] = self.before.isoformat()
        if self.token is not None:
            sweep["token"] = self.token
        until: dict[str, Json] = {"until": self.until.isoformat()} if self.until else {}
        return {**until, "seen": _plain(self.seen), "sweep": sweep}

    def finished(self, overlap: timedelta) -> Cursor:
        kept = _newest({**self.seen, **self.recent}, self.began - overlap)
        return {"until": self.began.isoformat(), "seen": _plain(dict(sorted(kept.items())))}


def sweep(
    cursor: Cursor,
    context: ConnectorContext,
    fetch: Callable[[Ask], Found],
    *,
    max_pages: int,
    overlap: timedelta = OVERLAP,
    reach: timedelta | None = None,
) -> Iterator[Page]:
    """What is new since ``cursor``, as ``Connector.pages``; at most ``max_pages`` answers a run, the next goes on with the rest.

    ``reach`` is how far back the service can be asked: what is older and was not heard is a gap. A service that names a page
    twice is not believed: the sweep ends there, with a gap. A sweep that was left to this run and is finished in it is followed
    by a new one. A preview leaves the cursor where it was, as soon as it has enough.

    Raises:
        SourceProtocolError: the next page's name is no name.
        whatever ``fetch`` raises; what was handed over before stands.
    """
    state, resumed = _state(cursor, context, overlap)
    lost = _out_of_reach(state, context.now, reach, resumed=resumed)
    tokens = {state.token} if state.token else set()
    handed = 0
    quiet = True
    for number in range(1, max_pages + 1):
        found = _asked(fetch, state, resumed=resumed)
        if found.next is not None and len(found.next) > _LONGEST_TOKEN:
            raise SourceProtocolError(f"it names the next page with {len(found.next)} characters")
        last = number == max_pages
        fresh = _fresh(found.entries, state)
        mentions = tuple(entry.item for entry in fresh if isinstance(entry.item, Mention))
        rejected = tuple(entry.item for entry in fresh if isinstance(entry.item, Rejected))
        quiet = quiet and not fresh
        known = _known(found.entries, state)
        over = known or found.next is None
        lost = lost if known else (*lost, *found.gaps)
        if not over and found.next in tokens:
            lost, over = (*lost, Gap(state.since, state.before or state.began, "the service named the same page twice")), True
        if context.limit is not None and handed + len(mentions) >= context.limit:
            yield Page(mentions[: context.limit - handed], rejected, cursor, gaps=lost, heard_until=state.heard)
            return
        handed += len(mentions)
        if not over:
            state.token, resumed = found.next, False
            tokens.add(found.next or "")
            if fresh or lost or last:
                notice = _REST if last else None
                yield Page(mentions, rejected, state.under_way(overlap), gaps=lost, heard_until=state.heard, notice=notice)
                quiet, lost = quiet and not lost, ()
            continue
        cursor = state.finished(overlap)
        caught_up = state.began >= context.now
        ends = caught_up or last
        unchanged = ends and quiet and not lost
        heard = None if caught_up else state.began
        yield Page(mentions, rejected, cursor, unchanged=unchanged, gaps=lost, heard_until=heard)
        if ends:
            return
        quiet, lost = quiet and not lost, ()
        state, resumed = _state(cursor, context, overlap)
        tokens = set()


_REST = "there was more than one run may fetch; the next run goes on with the older posts"


def _state(cursor: Cursor, context: ConnectorContext, overlap: timedelta) -> tuple[_State, bool]:
    """Where the stream is, and whether that is within a sweep of an earlier run."""
    until, seen = moment(cursor.get("until")), _moments(cursor.get("seen"))
    sweep = cursor.get("sweep")
    if isinstance(sweep, Mapping) and (began := moment(sweep.get("began"))) and (since := moment(sweep.get("since"))):
        token = sweep.get("token") if isinstance(sweep.get("token"), str) else None
        before = moment(sweep.get("before"))
        # a database may give the keys of JSON in another order
        recent = dict(sorted(_moments(sweep.get("recent")).items(), key=lambda pair: pair[1], reverse=True))
        return _State(until, seen, began, since, before, str(token) if token else None, recent), True
    start = until - overlap if until else context.since or context.now - FIRST
    return _State(until, seen, context.now, start), False


def _out_of_reach(state: _State, now: datetime, reach: timedelta | None, *, resumed: bool) -> tuple[Gap, ...]:
    """What the service cannot be asked for any more; the sweep then begins, or ends, where it can."""
    if reach is None or state.since >= now - reach:
        return ()
    edge = now - reach
    missed = state.until or (state.since if resumed else edge)
    heard = state.before or state.began
    state.since = edge
    days = f"{reach.days} days" if reach.days else f"{reach.total_seconds() / 3600:.0f} hours"
    return (Gap(missed, min(edge, heard), f"the service goes back no further than {days}"),) if missed < min(edge, heard) else ()


def _asked(fetch: Callable[[Ask], Found], state: _State, *, resumed: bool) -> Found:
    """The next page. Services let the tokens of long ago expire: a sweep that one refuses to go on with begins at the top."""
    try:
        return fetch(Ask(state.since, state.before, state.token))
    except SourceRejected:
        if not resumed or state.token is None:
            raise
        state.token = None
        return fetch(Ask(state.since, state.before))


def _fresh(found: Sequence[Entry], state: _State) -> list[Entry]:
    """The entries that were not handed over before."""
    fresh = []
    for entry in found:
        at, key = entry.at or state.began, entry.id
        if at < state.since:
            continue
        if entry.at is not None:
            state.before = min(entry.at, state.before or entry.at)
        if key not in state.seen and key not in state.recent:
            fresh.append(entry)
        state.recent.pop(key, None)
        state.recent[key] = min(at, state.began)  # a date in the future would be remembered until it comes
    return fresh


def _known(found: Sequence[Entry], state: _State) -> bool:
    """Whether the list has come to what is known: its end tells, for an old post may be pinned to the top."""
    places = [entry.at for entry in found if entry.at is not None]
    return bool(places) and places[-1] < state.since


def _newest(places: Mapping[str, datetime], since: datetime) -> dict[str, datetime]:
    kept = sorted(((at, key) for key, at in places.items() if at >= since), reverse=True)[:_SEEN]
    return {key: at for at, key in kept}


def _moments(value: Json) -> dict[str, datetime]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {str(name): at for name, written in pairs if (at := moment(written))}


def _plain(moments: Mapping[str, datetime]) -> Mapping[str, Json]:
    """In whole seconds, rounded up: what is known a moment too long costs nothing."""
    return {name: math.ceil(at.timestamp()) for name, at in moments.items()}
