"""What can be set about X, and what a run of it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors._addresses import WebAddress
from connectors._x_query import LONGEST, account
from listener.core.connector import Allowance
from listener.core.times import midnight

PLATFORM = "x"
MICRO = 1_000_000
"""Ledger units of one dollar."""
POSTS, MONEY, RECHECKED = "posts", "microusd", "rechecked"
"""Units of the ledger; the last counts posts that were checked again, so that the reserve for them is not kept twice."""


def _query(value: str) -> str:
    if not 1 <= len(value.strip()) <= LONGEST:
        raise ValueError(f"X takes queries of at most {LONGEST} characters")
    return value.strip()


def _handle(value: str) -> str:
    handle = account(value)
    if handle is None:
        raise ValueError("not a handle of X: letters, digits and _, at most 15")
    return handle


Price = Annotated[Decimal, Field(ge=0, le=100)]


class Options(BaseModel):
    """What to listen to on X, and how much money that may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(default=None, description="the bearer token of an app, from X's developer console")
    queries: tuple[Annotated[str, AfterValidator(_query)], ...] = Field(
        default=(), description="searches in X's own query language; default: our brands' names, aliases and products"
    )
    mentions: bool = Field(default=True, description="hear what mentions our brands' own accounts")
    account_ids: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,19}$")], ...] = Field(
        default=(), description="the ids of all our own accounts, so that they need not be looked up by the brands' handles"
    )
    search: bool = Field(default=True, description="search for our brands' names")
    watch: tuple[Annotated[str, AfterValidator(_handle)], ...] = Field(
        default=(), description="accounts heard whatever words they use"
    )
    watch_customers: bool = Field(default=False, description="the same for the accounts that the customers' records name")
    authors: bool = Field(default=True, description="ask for the authors' profiles, which X charges for as user reads")
    monthly_cap_usd: Annotated[Decimal, Field(ge=0, le=1_000_000)] = Field(
        default=Decimal(20), description="the most that may be spent in a calendar month (UTC)"
    )
    daily_reads: int = Field(default=300, ge=0, description="the most posts that may be read on a day (UTC)")
    post_usd: Price = Field(default=Decimal("0.005"), description="X's price of a post read")
    mention_usd: Price = Field(default=Decimal("0.001"), description="X's price of a post that mentions our own account")
    user_usd: Price = Field(default=Decimal("0.010"), description="X's price of a user read; 0 if authors are not charged for")
    max_pages: int = Field(default=10, ge=1, le=100, description="answers of each stream in a run")
    api: WebAddress = Field(default="https://api.x.com", description="where the API is")
    private: bool = Field(default=False, description="allow addresses in private networks")
    vocabulary: Literal["tweet", "post"] = Field(default="tweet", description="the names of fields in what we ask for")

    @property
    def author_cost(self) -> int:
        """What the profile of one author costs, in ledger units; nothing where profiles are not asked for."""
        return micro(self.user_usd) if self.authors else 0

    @property
    def cap(self) -> int:
        """The monthly cap in ledger units, rounded down: a cap is never exceeded by rounding."""
        return int(self.monthly_cap_usd * MICRO)


def micro(usd: Decimal) -> int:
    """A price in ledger units, rounded up."""
    return int((usd * MICRO).to_integral_value(ROUND_CEILING))


def allowances(options: Options) -> Sequence[Allowance]:
    """The two caps. However many streams there are, a run reads no more posts than the day may."""
    dearest = max(micro(options.post_usd), micro(options.mention_usd)) + options.author_cost
    run = min(options.cap, options.daily_reads * dearest)
    return (
        Allowance(MONEY, "USD", "month", options.cap, scale=MICRO, most_per_run=run),
        Allowance(POSTS, "posts read", "day", options.daily_reads, most_per_run=options.daily_reads),
    )


def missing(options: Options) -> str | None:
    """Why the source cannot work, if it cannot."""
    if options.token is None or not options.token.get_secret_value().strip():
        return "no token: set LISTENER_SOURCES__<NAME>__TOKEN to the bearer token of an app from X's developer console"
    return None


def next_day(now: datetime) -> datetime:
    """The first moment (UTC) of the day after."""
    return midnight(now) + timedelta(days=1)


def next_month(now: datetime) -> datetime:
    """The first moment (UTC) of the month after."""
    return (midnight(now).replace(day=1) + timedelta(days=32)).replace(day=1)
