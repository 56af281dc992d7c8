"""What each comparison level weighs, and how a pair is scored.

A Fellegi-Sunter model: ``m`` is how often a level is found where author and customer are the same person, ``u`` how often where
they are not; the weight is ``log2(m / u)`` bits. For names, companies and places ``u`` follows from their frequency in the CRM.
The bits of a pair are added to the prior's, scaled once so that probabilities are calibrated, and turned into a probability.

The numbers stand in ``weights.toml``, written by ``benchmarks/identity_weights.py``; a store may have weights of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from math import exp2, log2
from typing import Any, NamedTuple

from listener.core.people import Customer, Reason
from nlp.identity.compare import Finding, compare
from nlp.identity.levels import LEVELS, Rarity
from nlp.identity.records import AuthorRecord, as_author, author_record, customer_record

SMALLEST = 500
"""A CRM of fewer customers is weighed like one of so many: who is in it says little about the world."""
LOWEST, HIGHEST = 1e-6, 0.9999
"""Between these every m and u stays, so that no estimate from few data can forbid or prove anything."""


class Chance(NamedTuple):
    """How often a level is found among matches and among others."""

    m: float
    u: float
    """For ``Rarity.OWN`` per customer; for names, companies and places a factor of the frequency in the CRM."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of all levels, and what turns bits into a probability. Immutable; ``to_json`` and ``from_json`` round-trip."""

    levels: Mapping[str, Chance] = field(default_factory=dict)
    prior: float = 0.5
    """The share of authors who are customers at all."""
    namesakes: float = 0.2
    """How many namesakes of customers there are among as many strangers: people of one name meet more often than by chance."""
    together: float = 1.0
    """By how much likelier a first and a last name meet than by chance: names go together by language and country."""
    scale: float = 1.0
    offset: float = 0.0
    """Calibration: the log-odds are ``scale`` times the sum of the bits, plus ``offset`` bits."""
    link_at: float = 0.95
    review_at: float = 0.1
    company_at: float = 0.5
    """From here the company of a reviewed contact is named: the candidates of one company together are so likely."""
    margin: float = 3.0
    """Bits by which the best must lead the next person for a link."""
    made: str = ""
    """How the numbers came about."""

    def to_json(self) -> dict[str, Any]:
        """As plain data; the same weights give the same data."""
        levels = {key: [chance.m, chance.u] for key, chance in sorted(self.levels.items())}
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {"levels": levels, **numbers, "made": self.made}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Weights:
        """The inverse of ``to_json``; levels that the data lack have the shipped weights.

        Raises:
            ValueError: a number is missing its meaning: not a number, out of range, or of an unknown level.
        """
        try:
            own = {key: Chance(*map(float, pair)) for key, pair in data.get("levels", {}).items()}
            numbers = {name: float(data[name]) for name in _NUMBERS if name in data}
        except (TypeError, AttributeError) as error:
            raise ValueError(f"not the weights of a matcher: {error}") from None
        if unknown := sorted(own.keys() - LEVELS.keys()):
            raise ValueError(f"unknown comparison levels: {', '.join(unknown)}")
        if bad := sorted(key for key, chance in own.items() if not (0 < chance.m <= 1 and 0 < chance.u <= 1000)):
            raise ValueError(f"weights out of range: {', '.join(bad)}")
        if bad := sorted(name for name, value in numbers.items() if not -100 < value < 100):
            raise ValueError(f"numbers out of range: {', '.join(bad)}")
        return cls(levels={**_shipped_levels(), **own}, made=str(data.get("made", "")), **numbers)

    def with_levels(self, levels: Mapping[str, Chance]) -> Weights:
        """These weights with some levels changed."""
        return replace(self, levels={**self.levels, **levels})

    def prior_bits(self, total: int) -> float:
        """The log-odds that an author is one given customer of so many, before anything is known of them."""
        return log2(self.prior / max(total, SMALLEST))

    def bits(self, finding: Finding, bearers: Mapping[str, int], total: int) -> float:
        """The weight of one finding."""
        chance = self.levels[finding.level]
        chosen = chance.u * self.share(finding, bearers, total)
        return log2(chance.m / min(HIGHEST, max(chosen, 1e-12)))

    def share(self, finding: Finding, bearers: Mapping[str, int], total: int) -> float:
        """By what a level's ``u`` is multiplied for this pair: how frequent such an agreement is by chance."""
        rarity = LEVELS[finding.level].rarity
        size = max(total, SMALLEST)
        if rarity is Rarity.FIXED:
            return 2.0 ** (int(finding.rarity[0]) - 2) if finding.level == "signs.doubtful" else 1.0
        if rarity is Rarity.OWN:
            shared = max((bearers.get(key, 1) for key in finding.rarity), default=1)
            return max(1, shared) / size
        return self._frequency(rarity, finding.rarity, bearers, size)

    def _frequency(self, rarity: Rarity, keys: tuple[str, ...], bearers: Mapping[str, int], size: int) -> float:
        """How frequent an agreement is by chance: a share of all people."""
        first_key, last_key, company, place, full = keys
        if rarity is Rarity.COMPANY:
            return (bearers.get(company, 0) + 1) / (size + 100)
        if rarity is Rarity.PLACE:
            return max(0.02, (bearers.get(place, 0) + 5) / (size + 500))
        first = (bearers.get(first_key, 0) + 1) / (size + 300)
        last = (bearers.get(last_key, 0) + 1) / (size + 2000)
        if rarity is Rarity.FIRST_NAME:
            return first
        if rarity is Rarity.LAST_NAME:
            return last + self.namesakes / size
        if rarity is Rarity.INITIAL:
            return self.namesakes * 1.5 / size + last * 0.08 + first * 0.01
        return self.namesakes * (1 + 0.5 * max(0, bearers.get(full, 0) - 1)) / size + self.together * first * last

    def score(self, findings: Sequence[Finding], bearers: Mapping[str, int], total: int) -> Scored:
        """The bits of a pair: the calibrated prior and the calibrated weight of each finding, which add up."""
        weighed = tuple(self.scale * self.bits(finding, bearers, total) for finding in findings)
        prior = self.scale * self.prior_bits(total) + self.offset
        return Scored(prior, prior + sum(weighed), tuple(findings), weighed)


class Scored(NamedTuple):
    """How a pair scores. ``bits`` are log-odds to the base two, ``weights`` those of each finding."""

    prior_bits: float
    bits: float
    findings: tuple[Finding, ...]
    weights: tuple[float, ...]

    @property
    def probability(self) -> float:
        return probability(self.bits)

    def reasons(self) -> tuple[Reason, ...]:
        """The waterfall, in words for people: what speaks for the match, then what against it, the heaviest first."""
        found = [(weight, reason(finding, weight)) for finding, weight in zip(self.findings, self.weights, strict=True)]
        return tuple(each for _, each in sorted(found, key=lambda pair: (pair[0] < 0, -abs(pair[0]))))


def probability(bits: float) -> float:
    """Log-odds to the base two as a probability."""
    return 1 / (1 + exp2(-max(-200.0, min(200.0, bits))))


def reason(finding: Finding, weight: float) -> Reason:
    """A finding in words. It names no person, handle or place."""
    level = LEVELS[finding.level]
    what = level.says
    if "{platform}" in what:
        what = what.replace("{platform}", finding.about)
    elif "{created}" in what:
        created, _, since = finding.about.partition("/")
        what = what.replace("{created}", created).replace("{since}", since)
    elif "{signs}" in what:
        what = what.replace("{signs}", finding.about)
    return Reason(what, round(weight, 2), level.kind)


def score_pair(
    author: AuthorRecord, customer: Customer, bearers: Mapping[str, int], total: int, weights: Weights | None = None
) -> Scored:
    """How likely an author and a customer are one person: for one pair; a batch keeps its records."""
    return (weights or default()).score(compare(author, customer_record(customer)), bearers, total)


def score_customers(
    one: Customer, other: Customer, bearers: Mapping[str, int], total: int, weights: Weights | None = None
) -> Scored:
    """How likely two entries of a CRM are one person."""
    return score_pair(author_record(as_author(one), "crm"), other, bearers, total, weights)


_NUMBERS = ("prior", "namesakes", "together", "scale", "offset", "link_at", "review_at", "company_at", "margin")


@cache
def _shipped() -> Mapping[str, Any]:
    return tomllib.loads(files("nlp.identity").joinpath("weights.toml").read_text(encoding="utf-8"))


@cache
def _shipped_levels() -> Mapping[str, Chance]:
    return {key: Chance(*pair) for key, pair in _shipped()["levels"].items()}


@cache
def default() -> Weights:
    """The shipped weights."""
    found = _shipped()
    if missing := LEVELS.keys() - found["levels"].keys():
        raise ValueError(f"weights.toml lacks the levels {sorted(missing)}")
    return Weights(levels=_shipped_levels(), made=found["made"], **{name: float(found[name]) for name in _NUMBERS})


DEFAULT = default()
