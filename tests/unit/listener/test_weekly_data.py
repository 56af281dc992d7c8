"""The weekly edition as data: compared honestly, filtered by wishes, kept and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from listener.core.analysis import Label
from listener.core.cases import Action, CaseKind, EventKind
from listener.core.mention import Gap
from listener.core.recipients import Recipient
from listener.core.spikes import Measure, SpikeIncident
from listener.core.standing import Stance
from listener.core.telling import Coverage, Health
from listener.core.trends import DayCount, FollowUp, Speaker, Step, TopicWeek, TrendFacts, Turn, VoiceCount, Weeks, Whose
from listener.digest.weekly import PEOPLE, Names, build_weekly
from listener.digest.weekly_model import Weekly
from tests.support.heard import DAY, HOUR
from tests.support.weeks import BERLIN, MONDAY, NAMES, NOW, RIVALS, TOPIC_NAMES, WEEKS, a_week, trend_facts

KIM = Recipient("folder", "digest", zone=BERLIN, zone_name="Europe/Berlin")
NAMED = Names(NAMES, RIVALS, TOPIC_NAMES)


def quiet(**values: object) -> TrendFacts:
    """Weeks in which nobody said anything, heard from long ago."""
    facts = TrendFacts(WEEKS, (DayCount(),) * 56, (0,) * 8, began=WEEKS.edges[0] - DAY)
    return replace(facts, **values)


def weekly(facts: TrendFacts, who: Recipient = KIM, names: Names = NAMED) -> Weekly:
    return build_weekly(facts, who, names)


def whose(person: int, segment: str = "Gold", owner: str = "Kim") -> Whose:
    return Whose(person, "quillon", segment, owner)


def test_the_week_is_told_with_what_it_is_compared_with() -> None:
    found = a_week()
    assert (found.day, found.week, found.title, found.last) == (MONDAY, "week 47", "Quillon", date(2026, 11, 22))
    assert found.headline == "49 mentions, share of voice 51 %"
    assert found.changed[0] == "Mentions about as before (35 → 49)."
    assert [bar.mentions for bar in found.weeks] == [19, 26, 31, 28, 33, 29, 35, 49]
    assert sum(bar.mentions for bar in found.days) == 49
    assert all(bar.mentions == bar.positive + bar.neutral + bar.mixed + bar.negative + bar.unjudged for bar in found.weeks)
    assert found.notes == ()


def test_it_comes_back_as_it_was_told() -> None:
    found = a_week()
    data = found.to_json()
    assert Weekly.from_json(data) == found
    assert Weekly.from_json(data).to_json() == data
    assert json.loads(data)["edition"] == "weekly"
    without = json.dumps({**json.loads(data), "people": []})
    assert Weekly.from_json(without) == replace(found, people=())


@pytest.mark.parametrize(
    "data", ["[]", '{"version": 1}', '{"version": 1, "edition": "weekly"}', '{"version": 9, "edition": "weekly"}', "{"]
)
def test_what_is_no_weekly_edition_is_an_error(data: str) -> None:
    with pytest.raises(ValueError, match=r"weekly edition|Expecting"):
        Weekly.from_json(data)


def test_nothing_is_compared_with_a_week_before_listening_began() -> None:
    found = weekly(replace(trend_facts(), began=WEEKS.since))
    assert [bar.whole for bar in found.weeks] == [False] * 7 + [True]
    assert found.headline == "49 mentions, share of voice 51 %"
    assert found.changed[0] == "49 mentions; there is no whole week before to compare with."
    assert {voice.before for voice in found.voices} == {None}
    assert {topic.usual for topic in found.topics} == {None}
    assert found.notes == ("Listening began on 16 Nov: of the time before there is only what sources still had.",)


def test_topics_are_compared_with_the_whole_weeks_only() -> None:
    said = [
        TopicWeek("quillon", "pricing", week, {Label.NEGATIVE: number}) for week, number in ((4, 40), (5, 2), (6, 4), (7, 12))
    ]
    (topic,) = weekly(quiet(topics=tuple(said), began=WEEKS.starts()[5])).topics
    assert (topic.name, topic.mentions, topic.usual, topic.negative, topic.way) == ("Pricing", 12, 3.0, 12, "up")


def test_a_topic_that_nobody_speaks_of_any_more_is_told() -> None:
    said = tuple(TopicWeek("quillon", "support", week, {Label.POSITIVE: 8}) for week in range(3, 7))
    (topic,) = weekly(quiet(topics=said)).topics
    assert (topic.mentions, topic.usual, topic.way) == (0, 8.0, "down")


def test_a_competitor_of_two_brands_is_one_voice() -> None:
    names = Names({"quillon": "Quillon", "press": "Press"}, {("quillon", "quillon/b"): "Brixa", ("press", "press/b"): "Brixa"})
    voices = (VoiceCount("", 10, 8), VoiceCount("press/b", 4, 9), VoiceCount("quillon/b", 6, 5))
    assert [(one.name, one.mentions, one.before) for one in weekly(quiet(voices=voices), names=names).voices] == [
        ("We", 10, 8),
        ("Brixa", 6, 9),
    ]
    only = weekly(quiet(voices=voices), replace(KIM, brands=frozenset({"press"})), names)
    assert [(one.name, one.mentions) for one in only.voices] == [("Press", 10), ("Brixa", 4)]
    assert weekly(quiet(voices=voices), names=Names(NAMES)).voices == ()


def test_shares_of_voice_are_of_all_competitors() -> None:
    names = Names(NAMES, {("quillon", f"quillon/r{n}"): f"Rival {n}" for n in range(9)})
    counts = (VoiceCount("", 60, 50), *(VoiceCount(f"quillon/r{n}", 20 - n, 10) for n in range(9)))
    voices = weekly(quiet(voices=counts), names=names).voices
    assert sum(one.mentions for one in voices) == sum(one.now for one in counts)
    assert (voices[-1].name, voices[-1].mentions, voices[-1].before) == ("3 others", 14 + 13 + 12, 30)
    seven = Names(NAMES, {key: name for key, name in names.rivals.items() if name < "Rival 7"})
    assert [one.name for one in weekly(quiet(voices=counts), names=seven).voices][-1] == "Rival 6"


def test_who_turned_in_two_brands_is_one_customer() -> None:
    both = [Whose(1, "quillon"), Whose(1, "press")]
    found = weekly(quiet(turns=tuple(Turn(one, Stance.PASSIVE, Stance.PROMOTER) for one in both)))
    assert [(one.value, one.label) for one in found.turns] == [(1, "became a promoter")]
    first = weekly(quiet(turns=tuple(Turn(one, None, Stance.DETRACTOR) for one in both)))
    assert first.turns_first == "Judged for the first time: 1 detractor; no change of theirs."


def test_posts_that_are_only_counted_are_of_nobody() -> None:
    days = (*(DayCount(),) * 55, DayCount({Label.POSITIVE: 14}))
    assert weekly(quiet(days=days)).mentions.startswith("14 mentions of us; the terms")


def test_a_burst_is_told_once_with_its_brand() -> None:
    start = WEEKS.since + 14 * HOUR
    burst = SpikeIncident(1, "quillon", Measure.VOLUME, start, start, start + HOUR, 1, 42, 6.2, 1e-9, closed_at=start + DAY)
    same = replace(burst, id=2, measure=Measure.NEGATIVE, count=20, expected=0.4)
    (line,) = weekly(quiet(spikes=(burst, same))).spikes
    assert line.startswith("Quillon: 42 mentions in 1 hour, usually 6; 20 negative mentions in 1 hour, usually fewer than 1; ")
    assert line.endswith("from 16 Nov 14:00 to 15:00, over now.")


def test_turns_are_told_by_what_they_mean() -> None:
    pairs = [
        (Stance.PASSIVE, Stance.PROMOTER),
        (Stance.UNKNOWN, Stance.PROMOTER),
        (Stance.DETRACTOR, Stance.PASSIVE),
        (Stance.PROMOTER, Stance.DETRACTOR),
        (Stance.PASSIVE, Stance.UNKNOWN),
        (None, Stance.PROMOTER),
        (None, Stance.DETRACTOR),
        (None, Stance.PASSIVE),
    ]
    found = weekly(quiet(turns=tuple(Turn(whose(n), *pair) for n, pair in enumerate(pairs))))
    assert [(one.value, one.label) for one in found.turns] == [
        (2, "became promoters"),
        (1, "recovered"),
        (1, "turned against us"),
    ]
    assert found.turns_first == "Judged for the first time: 1 promoter, 1 detractor; no change of theirs."
    assert "Of the customers, 2 became promoters, 1 recovered, 1 turned against us." in found.changed


def test_the_funnel_counts_people() -> None:
    steps = [
        Step(whose(1), CaseKind.CANDIDATE, EventKind.OPENED),
        Step(whose(1), CaseKind.CANDIDATE, EventKind.REOPENED),
        Step(whose(2), CaseKind.CANDIDATE, EventKind.OPENED),
        Step(whose(1), CaseKind.CANDIDATE, EventKind.DECIDED, Action.CONFIRM),
        Step(whose(3), CaseKind.FOLLOW_UP, EventKind.DECIDED, Action.CONTACTED),
    ]
    assert [(one.value, one.label) for one in weekly(quiet(steps=tuple(steps))).funnel] == [
        (0, "heard"),
        (2, "new candidates"),
        (1, "confirmed"),
        (0, "contacted"),
    ]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ((), "1 opened; none answered; 1 overdue."),
        ((3,), "1 opened; 1 answered after 3 hours; 1 overdue."),
        ((3, 72), "1 opened; 2 answered after 3 hours to 3 days; 1 overdue."),
        ((3, 4, 5, 6, 72), "1 opened; 5 answered after 3 hours to 3 days, half of them within 5 hours; 1 overdue."),
    ],
)
def test_response_times_are_told_as_a_range(hours: tuple[int, ...], words: str) -> None:
    old = WEEKS.since - HOUR
    answered = [FollowUp(whose(n), old, old + timedelta(hours=length)) for n, length in enumerate(hours)]
    open_ = [FollowUp(whose(90), WEEKS.since + HOUR), FollowUp(whose(91), old, None, overdue=True)]
    assert weekly(quiet(follow_ups=(*answered, *open_))).follow_ups == words


def test_figures_of_people_are_of_those_whom_the_recipient_wants() -> None:
    speakers = tuple(
        Speaker(whose(n, segment, owner), f"N {n}", None, 3, 0, 0)
        for n, (segment, owner) in enumerate([("Gold", "Kim"), ("Silver", "Kim"), ("Gold", "Lee")])
    )
    facts = quiet(speakers=speakers, turns=tuple(Turn(one.whose, Stance.PASSIVE, Stance.PROMOTER) for one in speakers))
    gold = weekly(facts, replace(KIM, segments=frozenset({"gold"})))
    both = weekly(facts, replace(KIM, segments=frozenset({"gold"}), owners=frozenset({"kim"})))
    assert [len(found.people) for found in (weekly(facts), gold, both)] == [3, 2, 1]
    assert [found.turns[0].value for found in (weekly(facts), gold, both)] == [3, 2, 1]
    assert both.notes == ("Figures of customers are of those of gold, of your teams; all others are of everybody.",)


def test_no_more_than_five_are_named() -> None:
    speakers = tuple(
        Speaker(whose(n), f"Na\u202eme {n}\n", "Firm", 9 - n, 1, 0, Stance.UNKNOWN, do_not_contact=n == 0) for n in range(7)
    )
    found = weekly(quiet(speakers=speakers))
    assert (len(found.people), found.people_more) == (PEOPLE, 2)
    assert (found.people[0].name, found.people[0].stance, found.people[0].do_not_contact) == ("Name 0", "", True)


def test_what_was_not_heard_is_told() -> None:
    lines = (
        Coverage("blog", "rss", Health.OK, NOW),
        Coverage("forum", "rss", Health.FAILED, None, runs=6, failed_runs=6, reason="no such host"),
        Coverage("x", "x", Health.OK, NOW, gaps=(Gap(NOW - 6 * DAY, NOW - 3 * DAY, "the service goes back no further"),)),
        Coverage("off", "rss", Health.DISABLED, None, reason="no key"),
    )
    found = weekly(quiet(coverage=lines))
    assert found.coverage == "3 sources, 1 of them without gaps."
    assert found.gaps[0] == "forum: failed in 6 of 6 runs; no such host"
    assert found.gaps[1].startswith("x: lost for good: 17–20 Nov, the service goes back no further")
    assert weekly(quiet(coverage=lines[:1])).coverage == "1 source, heard without gaps."
    assert weekly(quiet()).coverage == "No source was asked in that week."
    many = tuple(replace(lines[1], source=f"s{n:02}") for n in range(11))
    assert weekly(quiet(coverage=many)).gaps[-1] == "and 3 more: listener sources"


def test_new_sources_are_told_since_a_rise_may_be_theirs() -> None:
    assert weekly(quiet(added=("forum",))).notes == (
        "New among the sources since the week before: forum. A part of every rise may be theirs.",
    )


def test_weeks_of_other_weekdays_are_told_by_their_days() -> None:
    weeks = Weeks.before(date(2026, 11, 20), BERLIN, 8)
    assert weekly(replace(quiet(), weeks=weeks), replace(KIM, weekday=4)).week == "13–19 Nov"


def test_a_quiet_week_is_told_as_one() -> None:
    found = weekly(quiet())
    assert (found.headline, found.mentions, found.follow_ups) == ("Nobody mentioned us", "Nobody mentioned us.", "")
