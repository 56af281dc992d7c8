"""The pages of one of X's lists as ``sweep`` asks for them: which window of time, how many posts, at what price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors._json import Record, moment, record, text, whole
from connectors._sweep import Ask, Found
from connectors._x_reading import entries_of
from listener.core.mention import Cursor, Gap, Json
from listener.core.times import midnight

OVERLAP = timedelta(minutes=10)
SETTLE = timedelta(minutes=1)
"""X lists a post up to half a minute after it was made; younger ones are left to the next run."""
REACH = timedelta(days=7)
_MARGIN = timedelta(minutes=2)
"""X counts its seven days from the moment of the request."""
_NOTHING = timedelta(hours=1)
"""A stream that begins a little before X's reach has lost nothing that anybody asked for."""
_SECOND = timedelta(seconds=1)
_MOST = 100
LISTED = 800
"""X lists so many mentions of an account; some of them it leaves out, so that an end near it is taken to be this limit."""
_NEARLY_ALL = 700

Request = Callable[[datetime, datetime, int, str | None], Record]
"""One page: from when (included), until when (not), how many posts, and X's name of the page."""


class Pages:
    """Asks for the pages of the sweeps of one run. ``gaps`` collects what cannot be heard; who hands them over clears it.

    An overlap with the last sweep is read only as far as X does not charge for it again: within one UTC day. A sweep of an
    earlier run goes on by time, not by X's page name, which would bind it to the request of that run.
    """

    def __init__(
        self,
        request: Request,
        spend: Callable[[int, Callable[[int], Record]], Record],
        cursor: Cursor,
        *,
        now: datetime,
        today: datetime,
        search: bool,
    ) -> None:
        """``now`` is until when this run asks, ``today`` some moment of its UTC day. A list that is not a search is one of
        mentions."""
        self._request = request
        self._spend = spend
        self._now = now
        self._midnight = midnight(today)
        self._floor = today - REACH + _MARGIN if search else None
        self._counted = not search
        self._until = moment(cursor.get("until"))
        self._left = moment(record(cursor.get("sweep")).get("began"))
        self._window = (now, now)
        self._issued: set[str] = set()
        self._listed = whole(cursor, "listed") or 0 if self._left else 0
        self._lost = moment(cursor.get("lost")) if self._left else None
        self.gaps: list[Gap] = []

    @property
    def state(self) -> dict[str, Json]:
        """What a sweep that is not finished needs in the next run beside its cursor: how many mentions were ``listed``, and up to
        when it was told what is ``lost``."""
        lost: dict[str, Json] = {"lost": self._lost.isoformat()} if self._lost else {}
        return {**lost, "listed": self._listed} if self._counted else lost

    def __call__(self, ask: Ask) -> Found:
        """One page.

        Raises:
            SourcePaused: a cap is reached; further as ``XApi``.
        """
        within = ask.token in self._issued
        if not within:
            self._window = self._asked_for(ask)
        start, end = self._window
        if end - start < _SECOND:
            return Found(())
        token = ask.token if within else None
        body = self._spend(_MOST, lambda size: self._request(start, end, size, token))
        found = entries_of(body, "X")
        following = text(body.get("meta"), "next_token")
        self._listed += sum(1 for entry in found if entry.at is not None)
        if following:
            self._issued.add(following)
        elif self._counted and self._listed >= _NEARLY_ALL:
            oldest = min((at for at in (ask.before, *(entry.at for entry in found)) if at), default=end)
            if start < oldest:
                self.gaps.append(Gap(start, oldest, f"X lists no more than the {LISTED} posts that mentioned the account last"))
        return Found(found, following)

    def _asked_for(self, ask: Ask) -> tuple[datetime, datetime]:
        """From when until when to ask; what lies before X's reach is a gap."""
        resumed = self._left is not None and ask.since != self._left - OVERLAP
        if resumed:
            end = ask.before.replace(microsecond=0) + _SECOND if ask.before else self._left or self._now
        else:
            if self._left is not None:  # the sweep of an earlier run came to its end in this one
                self._until, self._left, self._listed, self._lost = self._left, None, 0, None
            end = self._now
        start = self._free(ask.since)
        if self._floor is not None and start < self._floor:
            asked = ask.since if resumed or self._floor - ask.since > _NOTHING else self._floor
            known, lost = self._lost or self._until or asked, min(self._floor, end)
            if known < lost:
                self.gaps.append(Gap(known, lost, f"X's search goes back no further than {REACH.days} days"))
                self._lost = lost
            start = self._floor
        return start.replace(microsecond=0), end

    def _free(self, since: datetime) -> datetime:
        """Where to begin so that nothing is lost and nothing is paid for twice."""
        if self._until is None:
            return since
        return max(since, min(self._until, self._midnight))
