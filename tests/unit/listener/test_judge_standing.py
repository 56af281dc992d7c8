"""Standings: the rules as a truth table, and what must hold for any history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.case_signs import is_complaint, is_praise
from listener.core.analysis import Intent, Label, Sentiment
from listener.core.cases import Case, CaseKind, CaseState
from listener.core.policy import JudgingPolicy
from listener.core.standing import JudgeJob, Opinion, Stance, Standing
from listener.judge import interval, judge, standing_of, weigh

POLICY = JudgingPolicy()
NOW = datetime(2026, 6, 30, 9, 15, tzinfo=UTC)
AS_OF = datetime(2026, 6, 30, tzinfo=UTC)


def opinion(number: int, label: Label, score: float, days: float, **more) -> Opinion:
    unsure = more.pop("unsure", False)
    facts = {"platform": "blog", **more}
    return Opinion(number, number, AS_OF - timedelta(days=days), Sentiment(label, score, "vader", "1", unsure=unsure), **facts)


def praise(number: int, days: float, score: float = 0.8, **more) -> Opinion:
    return opinion(number, Label.POSITIVE, score, days, **more)


def complaint(number: int, days: float, score: float = -0.5, **more) -> Opinion:
    return opinion(number, Label.NEGATIVE, score, days, **more)


def neutral(number: int, days: float, **more) -> Opinion:
    return opinion(number, Label.NEUTRAL, 0.0, days, **more)


def job(*opinions: Opinion, previous: Standing | None = None, **more) -> JudgeJob:
    return JudgeJob(1, "quillon", opinions, previous, **more)


def stance(*opinions: Opinion, previous: Standing | None = None) -> Stance:
    return standing_of(job(*opinions, previous=previous), POLICY, AS_OF).stance


RECOMMENDS = (Intent.RECOMMENDS,)
TABLE = [
    ("one plain praise", [praise(1, 1, 0.99)], Stance.UNKNOWN),
    ("two praises", [praise(1, 1, 0.99), praise(2, 3, 0.99)], Stance.UNKNOWN),
    ("three clear praises on three days", [praise(1, 1), praise(2, 3), praise(3, 8)], Stance.PROMOTER),
    ("three faint praises", [praise(n, n, 0.3) for n in (1, 2, 3)], Stance.UNKNOWN),
    ("one recommendation", [praise(1, 20, 0.4, intents=RECOMMENDS)], Stance.PROMOTER),
    ("one recommendation of which the engine is unsure", [praise(1, 20, 0.2, intents=RECOMMENDS, unsure=True)], Stance.PROMOTER),
    ("a recommendation of long ago", [praise(1, 500, 0.9, intents=RECOMMENDS)], Stance.UNKNOWN),
    ("five stars with a text", [praise(1, 2, 0.6, rating=5.0)], Stance.PROMOTER),
    ("five stars without a text", [opinion(1, Label.UNSCORED, 0.0, 2, rating=5.0)], Stance.UNKNOWN),
    ("four stars", [praise(1, 2, 0.6, rating=4.0)], Stance.PASSIVE),
    ("one star", [complaint(1, 2, rating=1.0)], Stance.DETRACTOR),
    ("one plain complaint", [complaint(1, 1)], Stance.UNKNOWN),
    ("two complaints", [complaint(1, 1), complaint(2, 5)], Stance.DETRACTOR),
    ("leaving", [complaint(1, 1, -0.3, intents=(Intent.LEAVING,))], Stance.DETRACTOR),
    ("one severe complaint", [complaint(1, 1, -0.9)], Stance.DETRACTOR),
    ("a severe complaint of which the engine is unsure", [complaint(1, 1, -0.9, unsure=True)], Stance.UNKNOWN),
    ("neutral posts", [neutral(n, n) for n in (1, 2, 3)], Stance.PASSIVE),
    ("praise and a severe complaint", [praise(1, 9), praise(2, 5), complaint(3, 1, -0.9)], Stance.UNKNOWN),
    ("a recommendation, then leaving", [praise(1, 9, intents=RECOMMENDS), complaint(2, 1, intents=(Intent.LEAVING,))], None),
    ("what no engine can read", [opinion(n, Label.UNSCORED, 0.0, n) for n in (1, 2, 3)], Stance.UNKNOWN),
    ("other people's praise shared", [praise(n, n, own_words=False) for n in (1, 2, 3)], Stance.UNKNOWN),
    ("one story three times", [replace(praise(n, n), story_id=7) for n in (1, 2, 3)], Stance.UNKNOWN),
    ("nothing", [], Stance.UNKNOWN),
]


@pytest.mark.parametrize(("opinions", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_stances(opinions, expected):
    found = stance(*opinions)
    if expected is None:
        assert found is not Stance.PROMOTER
    else:
        assert found is expected


def standing(found: Stance) -> Standing:
    return Standing(found, (0.3, 0.4, 0.3), (0.1, 0.5), 1.0, AS_OF, None, 1, 1)


@pytest.mark.parametrize("previous", [None, *Stance])
def test_a_label_is_left_only_below_the_lower_bar(previous):
    """Three praises of 70 days ago: P(promoter) lies between the bar for leaving and the bar for the label."""
    opinions = [praise(1, 60), praise(2, 62), praise(3, 65)]
    before = standing(previous) if previous else None
    found = standing_of(job(*opinions, previous=before), POLICY, AS_OF)
    assert POLICY.leave_p <= found.probability[0] < POLICY.promoter_p
    assert found.stance is (Stance.PROMOTER if previous is Stance.PROMOTER else Stance.UNKNOWN)


def test_a_promoter_by_probability_needs_enough_mentions():
    strict = JudgingPolicy(promoter_p=0.55, passive_p=0.55, detractor_p=0.55, min_n=2.5)
    two = job(praise(1, 1, 0.99), praise(2, 2, 0.99))
    assert standing_of(two, strict, AS_OF).probability[0] > 0.55
    assert standing_of(two, strict, AS_OF).stance is Stance.UNKNOWN


def test_the_prior_of_a_platform():
    policy = JudgingPolicy(priors={"reviews": (0.6, 0.2, 0.2)})
    there = standing_of(job(neutral(1, 1, platform="reviews")), policy, AS_OF).probability
    elsewhere = standing_of(job(neutral(1, 1)), policy, AS_OF).probability
    both = standing_of(job(neutral(1, 1, platform="reviews"), neutral(2, 1)), policy, AS_OF).probability
    assert there[0] > elsewhere[0]
    assert elsewhere == standing_of(job(neutral(1, 1)), POLICY, AS_OF).probability
    assert both[0] > standing_of(job(neutral(1, 1), neutral(2, 1)), POLICY, AS_OF).probability[0]


def test_facts_of_a_standing():
    found = standing_of(
        job(
            praise(1, 40),
            praise(2, 20, platform="mastodon"),
            praise(3, 0.5, intents=RECOMMENDS),
            neutral(4, 0.2, own_words=False),
        ),
        POLICY,
        AS_OF,
    )
    assert found.stance is Stance.PROMOTER
    assert found.mentions == 3
    assert found.days == 3
    assert found.last_said_at == AS_OF - timedelta(days=0.5)
    assert found.deciding[0] == 3
    assert set(found.deciding) == {1, 2, 3}
    assert found.effective_n == pytest.approx(0.5 ** (40 / 120) + 0.5 ** (20 / 120) + 0.5 ** (0.5 / 120))
    assert sum(found.probability) == pytest.approx(1)
    assert found.interval[0] < found.probability[0] < found.interval[1]
    assert found.why == "3 positive posts on 3 days on 2 platforms, recommends it, none negative in 90 days"


@pytest.mark.parametrize(
    ("opinions", "why"),
    [
        ([praise(1, 1)], "1 positive post, none negative in 90 days"),
        ([complaint(1, 1, intents=(Intent.LEAVING,))], "1 negative post, is leaving"),
        ([praise(1, 1), complaint(2, 30)], "1 positive, 1 negative posts on 2 days"),
        ([praise(1, 1), complaint(2, 100)], "1 positive, 1 negative posts on 2 days, none negative in 90 days"),
        ([opinion(1, Label.MIXED, 0.0, 1), neutral(2, 1)], "1 mixed, 1 neutral posts"),
        ([opinion(1, Label.UNSCORED, 0.0, 1, rating=2.0)], "1 negative post"),
        ([opinion(1, Label.UNSCORED, 0.0, 1)], "nothing in their own words that could be judged"),
    ],
)
def test_one_line_for_people(opinions, why):
    assert standing_of(job(*opinions), POLICY, AS_OF).why == why


# ------------------------------------------------------------------------------------------------ weights


def test_what_was_said_today_weighs_one_and_a_half_life_ago_a_half():
    weights = [each.said for each in weigh([praise(1, -0.3), praise(2, 120), praise(3, 240)], POLICY, AS_OF)]
    assert weights == pytest.approx([0.25, 0.5, 1.0])


def test_an_unsure_opinion_weighs_less_but_not_its_stars():
    seen = [each.seen for each in weigh([praise(1, 0, unsure=True), praise(2, 0, unsure=True, rating=5.0)], POLICY, AS_OF)]
    assert sorted(seen) == [0.5, 1.0]


def test_of_one_day_those_count_that_say_most():
    day = [neutral(1, 0.5), neutral(2, 0.5), praise(3, 0.4, 0.1), complaint(4, 0.3, -0.9), praise(5, 0.2)]
    assert {each.opinion.mention_id for each in weigh(day, POLICY, AS_OF)} >= {4, 5}
    assert len(weigh(day, POLICY, AS_OF)) == 3
    assert len(weigh([*day, praise(6, 1.5)], POLICY, AS_OF)) == 4


def test_a_date_of_another_age_weighs_nothing():
    ancient = replace(praise(1, 0), said_at=datetime(1, 1, 1, tzinfo=UTC))
    found = standing_of(job(ancient, praise(2, 1)), POLICY, AS_OF)
    assert found.effective_n == pytest.approx(1, abs=0.01)


def test_the_first_of_a_story_counts_unless_it_says_nothing():
    first = replace(opinion(1, Label.UNSCORED, 0.0, 3), story_id=9)
    second, third = replace(praise(2, 2), story_id=9), replace(praise(3, 1), story_id=9)
    assert [each.opinion.mention_id for each in weigh([third, first, second], POLICY, AS_OF)] == [2]


# ------------------------------------------------------------------------------------------------ for any history

sentiments = st.one_of(
    st.tuples(st.just(Label.POSITIVE), st.floats(0.05, 1)),
    st.tuples(st.just(Label.NEGATIVE), st.floats(-1, -0.05)),
    st.tuples(st.just(Label.NEUTRAL), st.floats(-0.04, 0.04)),
    st.tuples(st.just(Label.MIXED), st.floats(-0.5, 0.5)),
    st.tuples(st.just(Label.UNSCORED), st.just(0.0)),
)


@st.composite
def histories(draw, most: int = 8):
    found = []
    for number in range(draw(st.integers(0, most))):
        label, score = draw(sentiments)
        intents = tuple(draw(st.lists(st.sampled_from(Intent), max_size=1)))
        rating = draw(st.one_of(st.none(), st.none(), st.sampled_from([1.0, 3.0, 5.0])))
        days = draw(st.integers(0, 300)) + draw(st.sampled_from([0.1, 0.5, 0.9]))
        found.append(opinion(number, label, score, days, intents=intents, rating=rating, unsure=draw(st.booleans())))
    return found


@settings(max_examples=150, deadline=None)
@given(histories(), st.floats(0.05, 1), st.integers(0, 300), st.booleans())
def test_one_more_praise_never_lowers_the_probability_of_a_promoter(history, score, days, recommends):
    more = praise(99, days + 0.3, score, intents=RECOMMENDS if recommends else ())
    before = standing_of(job(*history), POLICY, AS_OF).probability[0]
    assert standing_of(job(*history, more), POLICY, AS_OF).probability[0] >= before - 1e-9


@settings(max_examples=150, deadline=None)
@given(histories(), st.floats(-1, -0.05), st.integers(0, 300))
def test_one_more_complaint_never_lowers_the_probability_of_a_detractor(history, score, days):
    before = standing_of(job(*history), POLICY, AS_OF).probability[2]
    assert standing_of(job(*history, complaint(99, days + 0.3, score)), POLICY, AS_OF).probability[2] >= before - 1e-9


@settings(max_examples=60, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_changes_nothing(history, chooser):
    shuffled = chooser.sample(history, len(history))
    assert standing_of(job(*history), POLICY, AS_OF) == standing_of(job(*shuffled), POLICY, AS_OF)


@settings(max_examples=60, deadline=None)
@given(histories(most=12))
def test_no_day_counts_more_than_its_cap(history):
    counted: dict[int, int] = {}
    for each in weigh(history, POLICY, AS_OF):
        day = each.opinion.said_at.toordinal()
        counted[day] = counted.get(day, 0) + 1
    assert all(count <= POLICY.daily_cap for count in counted.values())


@settings(max_examples=40, deadline=None)
@given(histories(most=5))
def test_until_the_next_change_nothing_changes_and_then_it_does(history):
    now = standing_of(job(*history), POLICY, AS_OF)
    if now.next_change_at is None:
        days = [1, 30, 365, 730]
    else:
        last = (now.next_change_at - AS_OF).days
        days = [day for day in (1, last // 2, last - 1) if 0 < day < last]
        later = standing_of(job(*history, previous=now), POLICY, now.next_change_at)
        assert later.stance is not now.stance
    for day in days:
        assert standing_of(job(*history, previous=now), POLICY, AS_OF + timedelta(days=day)).stance is now.stance


@given(st.floats(0, 1), st.floats(0, 500))
def test_the_interval_holds_the_probability_and_narrows_with_evidence(share, n):
    low, high = interval(share, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    narrower = interval(share, n + 10)
    assert narrower[1] - narrower[0] < high - low


def test_the_interval_is_wilsons():
    """Against its definition: the shares whose own standard deviation the observed one is 1.28 away from."""
    low, high = interval(0.7, 6.0)
    for bound in (low, high):
        assert (0.7 - bound) ** 2 == pytest.approx(1.2815515655446004**2 * bound * (1 - bound) / 10)


# ------------------------------------------------------------------------------------------------ judge


def test_one_of_us_and_one_of_whom_nothing_is_known_have_no_standing():
    assert judge(job(praise(1, 1), own_side=True), POLICY, NOW) == (None, ())
    assert judge(job(), POLICY, NOW) == (None, ())


def test_the_standing_is_as_of_midnight_and_twice_a_day_the_same():
    facts = job(praise(1, 1), praise(2, 2), praise(3, 3), customer=True)
    first, _ = judge(facts, POLICY, NOW)
    second, _ = judge(replace(facts, previous=first), POLICY, NOW + timedelta(hours=6))
    assert first is not None
    assert first.as_of == AS_OF
    assert first == second


def test_a_snooze_brings_the_next_look_forward():
    case = Case(
        5, CaseKind.HEARD, 1, "quillon", CaseState.SNOOZED, NOW, NOW, snoozed_until=NOW + timedelta(days=3), mention_ids=(1,)
    )
    found, changes = judge(job(neutral(1, 1), customer=True, cases=(case,)), POLICY, NOW)
    assert changes == ()
    assert found is not None
    assert found.next_change_at == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"promoter_p": 1.0},
        {"leave_p": 0.65},
        {"half_life_days": 0},
        {"unsure_weight": 1.5},
        {"min_n": 1.0},
        {"daily_cap": 0},
        {"prior": (0.5, 0.5, 0.5)},
        {"priors": {"x": (1.0, 0.0, 0.0)}},
    ],
)
def test_impossible_thresholds_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).rstrip("s")):
        JudgingPolicy(**wrong)


# ------------------------------------------------------------------------------------------- what people said of stars


def corrected(label: Label, stars: float) -> Opinion:
    felt = Sentiment(label, {Label.POSITIVE: 0.5, Label.NEGATIVE: -0.5}.get(label, 0.0), "human", "1")
    return replace(praise(1, 2, rating=stars), sentiment=felt)


@pytest.mark.parametrize(
    ("label", "stars"), [(Label.NEGATIVE, 5.0), (Label.POSITIVE, 1.0), (Label.NEUTRAL, 5.0), (Label.MIXED, 1.0)]
)
def test_a_person_s_word_goes_before_the_stars(label, stars):
    starred, bare = corrected(label, stars), replace(corrected(label, stars), rating=None)
    found, without = standing_of(job(starred), POLICY, AS_OF), standing_of(job(bare), POLICY, AS_OF)
    assert (found.probability, found.why, found.stance) == (without.probability, without.why, without.stance)
    assert f"1 {label.value} post" in found.why
    assert (is_praise(starred), is_complaint(starred)) == (label is Label.POSITIVE, label is Label.NEGATIVE)


def test_stars_with_which_a_person_agrees_and_stars_of_an_unread_post_count_as_before():
    for label, stars in ((Label.POSITIVE, 5.0), (Label.NEGATIVE, 1.0), (Label.UNSCORED, 1.0)):
        by_engine = replace(corrected(label, stars), sentiment=Sentiment(label, 0.0, "vader", "1"))
        assert (
            standing_of(job(corrected(label, stars)), POLICY, AS_OF).probability
            == standing_of(job(by_engine), POLICY, AS_OF).probability
        )
