"""Estimating the weights from pairs, with or without anybody's decisions.

Expectation maximisation over the comparisons of candidate pairs: given the weights, each author's candidates (and "nobody") get
probabilities; given these, the share of matches and of others with each level gives new weights. A decided author has the
probabilities that the decision says. What is rare is taken from the CRM's own frequencies, so of names, companies and places only
``m`` is estimated. Every number is held by a prior at where it started, so that few data change little.

With decisions the probabilities are calibrated too: one scale and one offset for all bits, chosen for the decided authors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import exp2, log, log2
from typing import NamedTuple

from nlp.identity.compare import Finding
from nlp.identity.levels import LEVELS, Rarity
from nlp.identity.weights import HIGHEST, LOWEST, Chance, Weights

ROUNDS = 25
PRIOR_PAIRS = 30.0
"""The starting weights count like so many pairs."""
CALIBRATION_AUTHORS = 20.0
"""A scale of one and an offset of nothing count like so many authors."""
MOST = 2.0**5
"""A level of fixed chance weighs five bits at most, for or against: profiles are old, and CRMs err."""
MOST_AGAINST = 2.0**8
"""But for a second account where the CRM knows one: whoever copies a person is right in everything else."""
MOST_AWAY = 2.0**3
"""Another place says less than any set of examples shows: a CRM often has the town of the company."""
AGAINST_ALL = frozenset({"account.other", "account.copied"})
FEWEST = 5
"""A level that fewer pairs have keeps its weight."""
_ENOUGH = 1e-4


class Pair(NamedTuple):
    """One author compared with one candidate. Pairs of one author exclude each other."""

    author: int
    findings: tuple[Finding, ...]
    shares: tuple[float, ...]
    """By what each level's ``u`` is multiplied: how frequent the agreement is in the CRM."""
    prior_bits: float
    truth: bool | None = None
    """What a person decided; ``None`` where nobody did. Where one pair of an author is true the others are false."""


def fit(pairs: Iterable[Pair], start: Weights, *, calibrate: bool = True, rounds: int = ROUNDS) -> Weights:
    """Weights that fit the pairs, beginning at ``start``."""
    by_author: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_author[pair.author].append(pair)
    authors = list(by_author.values())
    weights = start
    for _ in range(rounds if authors else 0):
        levels = _maximised(authors, weights, start)
        moved = max(abs(log2(levels[key].m / weights.levels[key].m)) for key in levels)
        weights = weights.with_levels(levels)
        if moved < _ENOUGH:
            break
    decided = [each for each in authors if all(pair.truth is not None for pair in each)]
    return _calibrated(decided, weights) if calibrate and decided else weights


# ------------------------------------------------------------------------------------------------ estimating


def bits_of(pair: Pair, weights: Weights) -> float:
    """The uncalibrated log-odds of a pair."""
    found = pair.prior_bits
    for finding, share in zip(pair.findings, pair.shares, strict=True):
        chance = weights.levels[finding.level]
        found += log2(chance.m / min(HIGHEST, max(chance.u * share, 1e-12)))
    return found


def _expected(author: Sequence[Pair], weights: Weights) -> list[float]:
    """How likely each candidate is the author: as decided, else among themselves and nobody."""
    if any(pair.truth is not None for pair in author):
        true = sum(pair.truth is True for pair in author)
        return [1 / true if pair.truth else 0.0 for pair in author]
    odds = [exp2(max(-200.0, min(200.0, bits_of(pair, weights)))) for pair in author]
    return [each / (1 + sum(odds)) for each in odds]


OWN_LEVELS = frozenset(key for key, level in LEVELS.items() if level.rarity is Rarity.OWN and level.field != "nickname")
NAME_LEVELS = frozenset(key for key, level in LEVELS.items() if level.rarity is Rarity.FULL_NAME)
COMPANY_LEVELS = frozenset(key for key, level in LEVELS.items() if level.rarity is Rarity.COMPANY)
_CONTEXTS = {"known": frozenset({"account.known"}), "own": OWN_LEVELS, "company": COMPANY_LEVELS, "name": NAME_LEVELS}
_ALONE = "alone"
"""A name and nothing of a company: where a place is what a person would look at next."""


def _context(level: str) -> str:
    """In which pairs a level of fixed chance is counted.

    Blocking brings together many pairs that nothing speaks for; how often these have a level says nothing about the pairs that
    the level must decide: namesakes, colleagues, and accounts that somebody took over.
    """
    if level.startswith("age."):
        return "known"
    if level in {"name.silent", "name.other"}:
        return "own"
    if level in {"place.same", "place.other", "place.region"}:
        return _ALONE
    return "company" if level == "place.colleague" else "name"


def _maximised(authors: Sequence[Sequence[Pair]], weights: Weights, start: Weights) -> Mapping[str, Chance]:
    matched: dict[str, float] = defaultdict(float)
    others: dict[str, float] = defaultdict(float)
    in_context: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    sizes: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    matches = 0.0
    for author in authors:
        for pair, probability in zip(author, _expected(author, weights), strict=True):
            matches += probability
            levels = frozenset(finding.level for finding in pair.findings)
            contexts = {name for name, signs in _CONTEXTS.items() if levels & signs}
            if "name" in contexts and "company" not in contexts:
                contexts.add(_ALONE)
            for name in contexts:
                sizes[name][0] += probability
                sizes[name][1] += 1 - probability
            for level in levels:
                matched[level] += probability
                others[level] += 1 - probability
                if _context(level) in contexts:
                    in_context[level][0] += probability
                    in_context[level][1] += 1 - probability
    found = {}
    for key, first in start.levels.items():
        if matched[key] + others[key] < FEWEST:
            found[key] = first  # what these pairs never show they say nothing about
            continue
        if LEVELS[key].rarity is not Rarity.FIXED:
            seen, whole = (in_context[key][0], sizes[_ALONE][0]) if _context(key) == _ALONE else (matched[key], matches)
            found[key] = Chance(_within((seen + PRIOR_PAIRS * first.m) / (whole + PRIOR_PAIRS)), first.u)
            continue
        true, false = sizes[_context(key)]
        m = (in_context[key][0] + PRIOR_PAIRS * first.m) / (true + PRIOR_PAIRS)
        u = (in_context[key][1] + PRIOR_PAIRS * first.u) / (false + PRIOR_PAIRS)
        most = MOST_AGAINST if key in AGAINST_ALL else MOST_AWAY if key == "place.other" else MOST
        found[key] = Chance(_within(max(u / most, min(m, u * MOST))), _within(u))
    return found


def _within(chance: float) -> float:
    return min(HIGHEST, max(LOWEST, chance))


# ------------------------------------------------------------------------------------------------ calibrating


def _calibrated(authors: Sequence[Sequence[Pair]], weights: Weights) -> Weights:
    """The scale and offset under which what was decided is likeliest, by a narrowing search; both are near their prior."""
    # Where a second account speaks against, a person decides whatever the sum: that is no example for the others.
    authors = [each for each in authors if not _vetoed(each, weights)]
    scored = [[(bits_of(pair, weights), bool(pair.truth)) for pair in author] for author in authors]
    best = (1.0, 0.0)
    best_loss = _loss(scored, *best)
    step_scale, step_offset = 0.2, 1.0
    while step_scale > 0.005:
        around = [(best[0] + a * step_scale, best[1] + b * step_offset) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        loss, found = min((_loss(scored, scale, offset), (scale, offset)) for scale, offset in around if scale > 0.1)
        if loss < best_loss - 1e-9:
            best_loss, best = loss, found
        else:
            step_scale, step_offset = step_scale / 2, step_offset / 2
    return replace(weights, scale=round(best[0], 3), offset=round(best[1], 3))


CONTRADICTIONS = AGAINST_ALL | {
    "name.relative",
    "name.kin",
    "name.other",
    "company.other",
    "company.other_customer",
    "link.second",
}


def _vetoed(author: Sequence[Pair], weights: Weights) -> bool:
    best = max(author, key=lambda pair: bits_of(pair, weights))
    return any(finding.level in CONTRADICTIONS for finding in best.findings)


def _loss(scored: Sequence[Sequence[tuple[float, bool]]], scale: float, offset: float) -> float:
    """The negative log-likelihood of the decisions, with the prior on scale and offset."""
    total = CALIBRATION_AUTHORS * ((scale - 1) ** 2 + (offset / 4) ** 2)
    for author in scored:
        odds = [(exp2(max(-60.0, min(60.0, scale * bits + offset))), true) for bits, true in author]
        right = sum(each for each, true in odds if true) or 1.0
        whole = 1 + sum(each for each, _ in odds)
        total -= log(max(right / whole, 1e-12))
    return total
