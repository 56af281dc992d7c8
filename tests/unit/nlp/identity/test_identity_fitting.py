"""Estimating weights: what a simulated world has is found, with decisions or without, and few data change little."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from listener.core.brand import OPEN_WEB, OwnSide
from listener.core.mention import Author
from listener.core.people import Customer, MatchJob
from nlp.identity.compare import Finding
from nlp.identity.fitting import CONTRADICTIONS, Pair, bits_of, fit
from nlp.identity.levels import LEVELS, Rarity
from nlp.identity.matcher import build_matcher
from nlp.identity.weights import DEFAULT, probability

COMMON = replace(DEFAULT, namesakes=0.28, together=1.0)
"""In the simulated world half of those who bear a customer's name are somebody else."""
KEYS = ("#f:a", "#l:b", "c:c", "#p:d", "#n:a b")


def pair(author: int, levels: list[str], truth: bool | None = None) -> Pair:
    findings = tuple(Finding(level, rarity=("2",) if level == "signs.doubtful" else KEYS) for level in levels)
    return Pair(
        author, findings, tuple(COMMON.share(finding, {}, 5_000) for finding in findings), DEFAULT.prior_bits(5_000), truth
    )


def world(number: int, *, labelled: bool, seed: int = 1) -> list[Pair]:
    """Namesakes of customers: half are the customer, and 60 % of these, but 1 % of the others, name the company."""
    chance = random.Random(seed)
    pairs = []
    for author in range(number):
        true = chance.random() < 0.5
        levels = ["name.full"]
        if chance.random() < (0.6 if true else 0.01):
            levels.append("company.stated")
        elif chance.random() < (0.05 if true else 0.7):
            levels.append("company.other")
        if chance.random() < 0.5:
            levels.append("place.same" if chance.random() < (0.8 if true else 0.05) else "place.other")
        pairs.append(pair(author, levels, true if labelled else None))
    return pairs


@pytest.mark.parametrize("labelled", [True, False])
def test_the_weights_of_a_simulated_world_are_found(labelled):
    fitted = fit(world(3_000, labelled=labelled), DEFAULT)
    assert fitted.levels["company.stated"].m == pytest.approx(0.6, abs=0.12)
    other = fitted.levels["company.other"]
    assert other.u / other.m > 4
    # Without decisions a name with nothing beside it may be anybody's: the place is learned less surely.
    assert fitted.levels["place.same"].m == pytest.approx(0.4, abs=0.1 if labelled else 0.15)


def test_fitted_weights_tell_better_than_those_they_started_from():
    train, test = world(2_000, labelled=True), world(1_000, labelled=True, seed=2)
    fitted = fit(train, DEFAULT)

    def loss(weights):
        chances = [probability(weights.scale * bits_of(each, weights) + weights.offset) for each in test]
        return sum((chance - bool(each.truth)) ** 2 for chance, each in zip(chances, test, strict=True)) / len(test)

    assert loss(fitted) < loss(DEFAULT)
    assert loss(fitted) < 0.1


def test_calibrated_probabilities_are_right_as_often_as_they_say():
    fitted = fit(world(4_000, labelled=True), DEFAULT)
    pairs = world(4_000, labelled=True, seed=3)
    # Where something contradicts, a person decides whatever the sum: that is no example for the others.
    pairs = [each for each in pairs if not CONTRADICTIONS & {finding.level for finding in each.findings}]
    chances = [probability(fitted.scale * bits_of(each, fitted) + fitted.offset) for each in pairs]
    assert sum(chances) / len(pairs) == pytest.approx(sum(bool(each.truth) for each in pairs) / len(pairs), abs=0.04)


def test_no_pairs_change_nothing_and_few_change_little():
    assert fit([], DEFAULT) == DEFAULT
    fitted = fit([pair(1, ["name.full", "company.other"], True)], DEFAULT)
    for key, chance in fitted.levels.items():
        assert abs(chance.m - DEFAULT.levels[key].m) < 0.05
    assert abs(fitted.offset - 0) < 2
    # Wrong decisions by the dozen do not turn a veto into a reason.
    wrong = fit([pair(author, ["name.full", "company.other"], True) for author in range(12)], DEFAULT)
    assert wrong.levels["company.other"].m < 1


def test_every_estimate_stays_a_probability():
    pairs = [pair(author, list(LEVELS)[author % 5 :: 5], author % 2 == 0) for author in range(200)]
    fitted = fit(pairs, DEFAULT)
    for key, chance in fitted.levels.items():
        assert 0 < chance.m < 1
        assert 0 < chance.u < 1 or LEVELS[key].rarity is not Rarity.FIXED
    assert type(fitted).from_json(fitted.to_json()) == fitted


def test_the_same_pairs_give_the_same_weights():
    assert fit(world(300, labelled=True), DEFAULT) == fit(world(300, labelled=True), DEFAULT)


class Index:
    """One customer, found by every key."""

    customer = Customer("C1", "Jane", "Doe", company="Quillon")

    def candidates(self, keys, cap):
        return {key: [self.customer] for key in keys}

    def bearers(self, keys):
        return dict.fromkeys(keys, 1)

    def total(self):
        return 1

    def accounts(self, keys):
        return {}


def test_a_matcher_gives_the_pairs_to_fit_from():
    jobs = [
        MatchJob(1, "github", "", Author(display_name="Jane Doe"), OPEN_WEB),
        MatchJob(2, "github", "", Author(display_name="Jane Doe", bio="parody"), OPEN_WEB),
        MatchJob(3, "github", "", Author(display_name="Rosie Bailey"), OPEN_WEB),
    ]
    pairs = build_matcher(OwnSide()).pairs(jobs, Index(), {1: {"C1"}, 3: set()})
    assert [(each.author, each.truth) for each in pairs] == [(1, True), (3, False)]
    assert [finding.level for finding in pairs[0].findings] == ["name.full"]
