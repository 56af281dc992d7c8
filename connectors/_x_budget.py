"""The guard on what X costs: charged before it is asked, given back what was not used, never above the caps.

The budget for checking again whether posts are still there comes first: listening leaves it alone.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors._json import Record, record, text
from connectors._x_options import MONEY, POSTS, RECHECKED, Options, micro, next_day, next_month
from listener.core.connector import ConnectorContext, MemoryLedger
from listener.core.errors import SourceError, SourcePaused
from listener.core.mention import Cursor, Json
from listener.core.times import as_utc

if TYPE_CHECKING:
    from connectors._x_client import XApi

_REMEMBERED = 1000
"""Posts known to be paid for on this day."""
_ANY_NUMBER = 1_000_000
_KEPT = " (the rest is kept for checking whether posts that people were shown are still there)"


@dataclass(frozen=True, slots=True)
class Price:
    """What one item of an answer costs at most: money in ledger units, posts read, posts checked again."""

    money: int
    posts: int = 1
    rechecked: int = 0

    def of(self, count: int) -> dict[str, int]:
        """What so many items cost, by unit of the ledger."""
        return {MONEY: self.money * count, POSTS: self.posts * count, RECHECKED: self.rechecked * count}


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged for a request that is about to be sent, and for how many items that pays."""

    count: int
    amounts: Mapping[str, int]


class Budget:
    """What may still be spent by a source. ``reserved`` is false for the checks that the reserve is meant for."""

    def __init__(self, options: Options, context: ConnectorContext, *, reserved: bool = True) -> None:
        self._options = options
        self._now = as_utc(context.now)
        self._today = self._now.date()
        self._ledger = context.ledger or MemoryLedger(self._today)
        self._rechecks = max(context.rechecks, 0) if reserved else 0

    def take(self, wanted: int, least: int, price: Price) -> Charge:
        """Charge for as many items as can be paid for: at least ``least``, at most ``wanted``.

        Raises:
            SourcePaused: a cap leaves less than ``least``.
        """
        for _ in range(3):  # somebody else may charge the same ledger at this moment
            count = min(wanted, self._affordable(price))
            if count < least:
                break
            amounts = price.of(count)
            self._ledger.charge(amounts)
            if self._affordable(price) >= 0:
                return Charge(count, amounts)
            self._ledger.charge({unit: -amount for unit, amount in amounts.items()})
        raise self._reached(least, price)

    def settle(self, charge: Charge, used: Mapping[str, int]) -> None:
        """Give back what was charged and not used."""
        self._ledger.charge({unit: used.get(unit, 0) - amount for unit, amount in charge.amounts.items()})

    def spend(self, api: XApi, charge: Charge, call: Callable[[], Record]) -> Record:
        """Ask X for what was charged. Raises as ``call``; what X cannot have charged for is then given back."""
        try:
            return call()
        except SourceError as problem:
            if api.nothing_read(problem):
                self.settle(charge, {})
            raise

    def _affordable(self, price: Price) -> int:
        """How many items of that price the caps leave room for; negative where they are exceeded."""
        by_money = self._money_left() // price.money if price.money else _ANY_NUMBER
        by_posts = self._posts_left() // price.posts if price.posts else _ANY_NUMBER
        return min(by_money, by_posts)

    def _money_left(self) -> int:
        used = self._ledger.used(MONEY, self._today.replace(day=1), self._today)
        return self._options.cap - used - self._money_kept()

    def _posts_left(self) -> int:
        return self._options.daily_reads - self._ledger.used(POSTS, self._today, self._today) - self._checks_today()

    def _checks_today(self) -> int:
        """Checks that are still to be made on this day."""
        return max(self._rechecks - self._ledger.used(RECHECKED, self._today, self._today), 0)

    def _money_kept(self) -> int:
        """The reserve for the checks of the rest of the month."""
        days = calendar.monthrange(self._today.year, self._today.month)[1] - self._today.day
        return (self._checks_today() + self._rechecks * days) * micro(self._options.post_usd)

    def _reached(self, least: int, price: Price) -> SourcePaused:
        if price.money and self._money_left() < least * price.money:
            cap = f"the monthly cap of USD {self._options.monthly_cap_usd:.2f} is reached"
            return SourcePaused(cap + (_KEPT if self._money_kept() else ""), until=next_month(self._now))
        cap = f"the daily cap of {self._options.daily_reads} posts read is reached"
        return SourcePaused(cap + (_KEPT if self._checks_today() else ""), until=next_day(self._now))


class Paid:
    """The posts that X was paid for on this UTC day, as far as is remembered: X does not charge twice for them, nor for their
    authors. Part of a stream's cursor; authors are remembered for the length of a run only, because a cursor is no place for
    them."""

    def __init__(self, cursor: Cursor, context: ConnectorContext) -> None:
        self._day = as_utc(context.now).date().isoformat()
        kept = record(cursor.get("paid"))
        listed = kept.get("posts") if kept.get("day") == self._day else ()
        self._posts = dict.fromkeys(one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, str))
        self._users: set[str] = set()

    def used(self, body: Record, post: int, user: int) -> dict[str, int]:
        """What an answer costs, by unit of the ledger: the posts and authors in it that were not paid for yet."""
        posts = _records(body.get("data"))
        users = _records(record(body.get("includes")).get("users"))
        self._users |= {author for one in posts if text(one, "id") in self._posts and (author := text(one, "author_id"))}
        new_posts = sum(1 for one in posts if text(one, "id") not in self._posts)
        new_users = sum(1 for one in users if text(one, "id") not in self._users)
        self._posts |= {name: None for one in posts if (name := text(one, "id"))}
        self._users |= {name for one in users if (name := text(one, "id"))}
        return {MONEY: new_posts * post + new_users * user, POSTS: new_posts}

    @property
    def cursor(self) -> Json:
        return {"day": self._day, "posts": list(self._posts)[-_REMEMBERED:]}


def _records(listed: object) -> list[object]:
    return listed if isinstance(listed, list) else []
