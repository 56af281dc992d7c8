"""What a source may use of what is counted (money, reads, quota), what it used, and both in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from listener.core.connector import Allowance, Ledger

_CURRENCY = 3
"""Letters of a currency's code (ISO 4217)."""
_CENT = 0.01


class Ledgers(Protocol):
    """Where the ledger of each source is found."""

    def of(self, source: str, today: date) -> Ledger: ...


@dataclass(frozen=True, slots=True)
class Spent:
    """An allowance, and what was used of it in its period so far; both in units of the ledger."""

    allowance: Allowance
    used: int

    @property
    def left(self) -> int:
        return max(self.allowance.limit - self.used, 0)


def spent_by(ledgers: Ledgers, source: str, allowances: Sequence[Allowance], today: date) -> tuple[Spent, ...]:
    """What the source used of each allowance in the period of ``today`` (UTC)."""
    if not allowances:
        return ()
    ledger = ledgers.of(source, today)
    return tuple(Spent(each, ledger.used(each.unit, each.first_day(today), today)) for each in allowances)


def spent_words(spent: Spent) -> str:
    """``USD 3.20 of 20.00 this month``, ``640 of 2,000 posts read today``."""
    allowance = spent.allowance
    used, limit = _figure(allowance, spent.used), _figure(allowance, allowance.limit)
    period = "today" if allowance.per == "day" else "this month"
    return f"{_named(allowance, f'{used} of {limit}')} {period}"


def allowance_words(allowance: Allowance) -> str:
    """``at most USD 20.00 a month``, ``at most 2,000 posts read a day``."""
    return f"at most {_named(allowance, _figure(allowance, allowance.limit))} a {allowance.per}"


def run_words(allowance: Allowance) -> str:
    """``a run costs at most USD 0.30``, ``a run uses at most 40 posts read``; empty where that is not known."""
    if allowance.most_per_run is None:
        return ""
    verb = "costs" if _is_money(allowance) else "uses"
    return f"a run {verb} at most {_named(allowance, _figure(allowance, allowance.most_per_run))}"


def _is_money(allowance: Allowance) -> bool:
    return len(allowance.label) == _CURRENCY and allowance.label.isalpha() and allowance.label.isupper()


def _named(allowance: Allowance, figure: str) -> str:
    return f"{allowance.label} {figure}" if _is_money(allowance) else f"{figure} {allowance.label}"


def _figure(allowance: Allowance, amount: int) -> str:
    """The amount as people read it: money to the cent, and finer where it is less than that."""
    value = amount / allowance.scale
    if not _is_money(allowance):
        return f"{value:,.10g}" if allowance.scale > 1 else f"{amount:,}"
    return f"{value:,.2f}" if amount == 0 or value >= _CENT else f"{value:.6f}".rstrip("0")
