"""Cases: what people may decide, as a table, and what the facts change by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.case_rules import business_days_after
from listener.case_signs import is_complaint
from listener.cases import MOVES, OPEN, UNTOUCHED, allowed_actions, decide
from listener.core.analysis import Intent, Label, Sentiment
from listener.core.cases import Action, Case, CaseChange, CaseKind, CaseState, EventKind
from listener.core.errors import ConfigError
from listener.core.policy import JudgingPolicy
from listener.core.standing import JudgeJob, Opinion, Stance, Standing
from listener.judge import judge

POLICY = JudgingPolicy()
NOW = datetime(2026, 6, 30, 9, 15, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)


def case(kind: CaseKind, state: CaseState = CaseState.NEW, **more) -> Case:
    facts = {"opened_at": NOW - 20 * DAY, "changed_at": NOW - 20 * DAY, **more}
    return Case(7, kind, 1, "quillon", state, **facts)


def opinion(number: int, label: Label, score: float, days: float, **more) -> Opinion:
    unsure = more.pop("unsure", False)
    probability = more.pop("probability", None)
    sentiment = Sentiment(label, score, "vader", "1", unsure=unsure, probability=probability)
    return Opinion(number, number, NOW - days * DAY, sentiment, **{"platform": "blog", **more})


def praise(number: int, days: float, **more) -> Opinion:
    return opinion(number, Label.POSITIVE, 0.85, days, **more)


def complaint(number: int, days: float, **more) -> Opinion:
    return opinion(number, Label.NEGATIVE, -0.5, days, **more)


def neutral(number: int, days: float, **more) -> Opinion:
    return opinion(number, Label.NEUTRAL, 0.0, days, **more)


PROMOTER = (praise(1, 9), praise(2, 6), praise(3, 2, intents=(Intent.RECOMMENDS,)))


def run(*opinions: Opinion, cases: tuple[Case, ...] = (), previous: Standing | None = None, now: datetime = NOW, **more):
    facts = {"customer": True, **more}
    standing, changes = judge(JudgeJob(1, "quillon", opinions, previous, cases=cases, **facts), POLICY, now)
    return standing, {change.kind: change for change in changes}


def carried_out(case_id: int, change: CaseChange, before: Case | None) -> Case:
    """What the store does with a change."""
    opened = before.opened_at if before else change.at
    return Case(
        case_id,
        change.kind,
        change.person_id,
        change.brand,
        change.state,
        opened,
        change.at,
        due_at=change.due_at,
        assignee=change.assignee,
        snoozed_until=change.snoozed_until,
        mention_ids=change.mention_ids,
    )


# ------------------------------------------------------------------------------------------------ decisions

N, C, T, S, R, D, L = CaseState.NEW, CaseState.CONFIRMED, CaseState.CONTACTED, CaseState.SNOOZED, *tuple(CaseState)[4:]
DECISIONS = {
    # kind: {state: "confirm dismiss assign snooze contacted resolved reopen"}, "-" where it is not allowed
    CaseKind.HEARD: {N: (None, D, N, S, T, R, None), T: (None, D, T, S, None, R, None), S: (None, D, S, S, T, R, N)},
    CaseKind.CANDIDATE: {
        N: (C, D, N, S, None, None, None),
        C: (None, D, C, S, T, None, None),
        T: (None, D, T, S, None, R, None),
        S: (C, D, S, S, None, None, N),
    },
    CaseKind.FOLLOW_UP: {
        N: (C, D, N, S, T, R, None),
        C: (None, D, C, S, T, R, None),
        T: (None, D, T, S, None, R, None),
        S: (C, D, S, S, T, R, N),
    },
}
CLOSED = {
    R: (None, None, None, None, None, None, N),
    D: (None, None, None, None, None, None, N),
    L: (None, D, None, None, None, None, N),
}


@pytest.mark.parametrize("kind", CaseKind)
def test_the_moves_are_these_and_no_others(kind):
    expected = {
        state: {action: to for action, to in zip(Action, row, strict=True) if to is not None}
        for state, row in {**DECISIONS[kind], **CLOSED}.items()
    }
    assert {state: dict(moves) for state, moves in MOVES[kind].items()} == expected


@pytest.mark.parametrize("kind", CaseKind)
def test_every_state_that_can_be_reached_has_its_moves(kind):
    reached = {state for moves in MOVES[kind].values() for state in moves.values()} | {CaseState.LAPSED}
    assert reached == set(MOVES[kind])
    assert all(Action.REOPEN in MOVES[kind][state] for state in MOVES[kind] if state not in OPEN)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("kind", CaseKind)
def test_a_decision_is_carried_out_or_says_what_is_possible(kind, state, action):
    if state not in MOVES[kind]:
        return
    before = case(kind, state, due_at=NOW + DAY, mention_ids=(4, 9))
    detail = {"assignee": "mara"} if action is Action.ASSIGN else {}
    detail |= {"until": NOW + 3 * DAY} if action is Action.SNOOZE else {}
    if action not in allowed_actions(before):
        with pytest.raises(ConfigError) as caught:
            decide(before, action, NOW, "jo", **detail)
        for possible in allowed_actions(before):
            assert possible in caught.value.problems[0].allowed
        return
    change = decide(before, action, NOW, "jo", "seen", **detail)
    said = {Action.ASSIGN: "to mara; seen", Action.SNOOZE: f"until {NOW + 3 * DAY:%Y-%m-%d %H:%M} UTC; seen"}.get(action, "seen")
    assert (change.event, change.action, change.actor, change.reason) == (EventKind.DECIDED, action, "jo", said)
    assert change.state is MOVES[kind][state][action]
    assert change.case_id == 7
    assert change.mention_ids == (4, 9)
    assert change.due_at == (NOW + DAY if change.state in OPEN else None)
    assert (change.snoozed_until is not None) == (action is Action.SNOOZE)


def test_a_follow_up_that_is_reopened_gets_a_new_due_date_and_an_open_one_keeps_its_own():
    closed = case(CaseKind.FOLLOW_UP, CaseState.RESOLVED, due_at=None)
    assert decide(closed, Action.REOPEN, NOW, "jo", due_at=NOW + 2 * DAY).due_at == NOW + 2 * DAY
    asleep = case(CaseKind.FOLLOW_UP, CaseState.SNOOZED, due_at=NOW + DAY, snoozed_until=NOW + DAY)
    assert decide(asleep, Action.REOPEN, NOW, "jo", due_at=NOW + 9 * DAY).due_at == NOW + DAY
    assert decide(case(CaseKind.HEARD, CaseState.RESOLVED), Action.REOPEN, NOW, "jo", due_at=NOW + DAY).due_at is None


def test_nobody_is_no_assignee():
    with pytest.raises(ConfigError, match="an assignee goes with assign"):
        decide(case(CaseKind.HEARD, CaseState.NEW), Action.ASSIGN, NOW, "jo", assignee="  ")


def test_assigning_a_snoozed_case_does_not_wake_it():
    before = case(CaseKind.HEARD, CaseState.SNOOZED, snoozed_until=NOW + DAY)
    assert decide(before, Action.ASSIGN, NOW, "jo", assignee="mara").snoozed_until == NOW + DAY


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        (Action.ASSIGN, {}),
        (Action.DISMISS, {"assignee": "mara"}),
        (Action.SNOOZE, {}),
        (Action.SNOOZE, {"until": NOW}),
        (Action.DISMISS, {"until": NOW + DAY}),
    ],
)
def test_a_decision_without_its_detail_is_refused(action, detail):
    with pytest.raises(ConfigError, match="case 7"):
        decide(case(CaseKind.HEARD), action, NOW, "jo", **detail)


# ------------------------------------------------------------------------------------------------ customers heard


def test_a_customer_who_spoke_is_heard_whatever_the_standing():
    standing, changes = run(neutral(1, 1))
    assert standing is not None
    assert standing.stance is not Stance.PROMOTER
    heard = changes[CaseKind.HEARD]
    assert (heard.event, heard.state, heard.mention_ids) == (EventKind.OPENED, CaseState.NEW, (1,))
    assert heard.detail["step"] == "look"
    assert heard.reason == "a customer spoke: 1 neutral"


def test_a_customers_threat_opens_an_urgent_follow_up_and_shortens_an_open_one():
    threat = neutral(2, 0.1, intents=(Intent.CANCELLATION,))
    follow_up = run(threat)[1][CaseKind.FOLLOW_UP]
    assert (follow_up.reason, follow_up.due_at) == ("a customer is leaving, or threatens to", NOW + DAY)
    known = case(CaseKind.FOLLOW_UP, mention_ids=(1,), due_at=NOW + 2 * DAY)
    assert run(complaint(1, 1), threat, cases=(known,))[1][CaseKind.FOLLOW_UP].due_at == NOW + DAY
    assert run(threat, customer=False)[1][CaseKind.FOLLOW_UP].reason == "a detractor"
    assert CaseKind.FOLLOW_UP not in run(replace(threat, own_words=False))[1]


def test_a_testimonial_makes_the_candidate_one_to_quote():
    first, *rest = PROMOTER
    quotable = replace(first, intents=(Intent.TESTIMONIAL,))
    assert run(quotable, *rest)[1][CaseKind.CANDIDATE].detail["step"] == "quote"
    assert run(*PROMOTER)[1][CaseKind.CANDIDATE].detail["step"] == "ask"


@pytest.mark.parametrize(
    ("opinions", "step"),
    [
        ([praise(1, 1)], "thank"),
        (PROMOTER, "ask"),
        ([praise(1, 1), complaint(2, 1)], "call"),
        ([opinion(1, Label.MIXED, 0.1, 1)], "call"),
        ([neutral(1, 1, intents=(Intent.QUESTION,))], "answer"),
        ([opinion(1, Label.UNSCORED, 0.0, 1)], "look"),
        ([praise(1, 1, own_words=False)], "look"),
        ([praise(1, 1, intents=(Intent.TESTIMONIAL,))], "quote"),
        ([neutral(1, 1, intents=(Intent.CANCELLATION,))], "keep"),
        ([complaint(1, 1, intents=(Intent.LEAVING,))], "keep"),
        ([praise(1, 1, intents=(Intent.LEAVING,))], "thank"),
    ],
)
def test_the_suggested_step(opinions, step):
    assert run(*opinions)[1][CaseKind.HEARD].detail["step"] == step


@pytest.mark.parametrize(
    ("state", "event", "then"),
    [
        (CaseState.NEW, EventKind.UPDATED, CaseState.NEW),
        (CaseState.CONTACTED, EventKind.UPDATED, CaseState.CONTACTED),
        (CaseState.SNOOZED, EventKind.UPDATED, CaseState.SNOOZED),
        (CaseState.RESOLVED, EventKind.REOPENED, CaseState.NEW),
        (CaseState.DISMISSED, EventKind.REOPENED, CaseState.NEW),
        (CaseState.LAPSED, EventKind.REOPENED, CaseState.NEW),
    ],
)
def test_a_customer_who_speaks_again(state, event, then):
    until = NOW + DAY if state is CaseState.SNOOZED else None
    before = case(CaseKind.HEARD, state, mention_ids=(1,), assignee="mara", snoozed_until=until)
    change = run(neutral(1, 5), neutral(2, 1), cases=(before,))[1][CaseKind.HEARD]
    assert (change.event, change.state, change.case_id) == (event, then, 7)
    assert change.mention_ids == (1, 2)
    assert change.assignee == "mara"
    assert change.snoozed_until == until


def test_history_is_not_news_and_strangers_are_not_heard():
    assert run(neutral(1, 40, history=True))[1] == {}
    assert run(neutral(1, 1), customer=False)[1] == {}


def test_an_undone_match_lapses_the_cases_of_a_customer():
    cases = (case(CaseKind.HEARD, mention_ids=(1,)), case(CaseKind.CANDIDATE, CaseState.CONFIRMED, mention_ids=(1,)))
    changes = run(*PROMOTER, cases=cases, customer=False)[1]
    assert {change.event for change in changes.values()} == {EventKind.LAPSED}
    assert set(changes) == {CaseKind.HEARD, CaseKind.CANDIDATE}


def test_one_of_us_is_never_a_case():
    assert run(*PROMOTER, complaint(4, 1), own_side=True) == (None, {})
    cases = (case(CaseKind.FOLLOW_UP, CaseState.CONTACTED), case(CaseKind.HEARD, CaseState.RESOLVED))
    changes = run(complaint(4, 1), own_side=True, cases=cases)[1]
    assert {kind: change.event for kind, change in changes.items()} == {CaseKind.FOLLOW_UP: EventKind.LAPSED}


# ------------------------------------------------------------------------------------------------ follow-ups


def test_a_customers_complaint_opens_a_follow_up_at_once():
    change = run(complaint(1, 0.1))[1][CaseKind.FOLLOW_UP]
    assert (change.event, change.state) == (EventKind.OPENED, CaseState.NEW)
    assert change.due_at == datetime(2026, 7, 2, 9, 15, tzinfo=UTC)
    assert change.reason == "a customer's complaint"


@pytest.mark.parametrize(
    ("moment", "days", "due"),
    [
        (datetime(2026, 7, 2, 9, tzinfo=UTC), 2, datetime(2026, 7, 6, 9, tzinfo=UTC)),  # Thursday -> Monday
        (datetime(2026, 7, 4, 9, tzinfo=UTC), 2, datetime(2026, 7, 7, 9, tzinfo=UTC)),  # Saturday -> Tuesday
        (datetime(2026, 6, 29, 9, tzinfo=UTC), 5, datetime(2026, 7, 6, 9, tzinfo=UTC)),
    ],
)
def test_business_days(moment, days, due):
    assert business_days_after(moment, days) == due


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (complaint(1, 1), True),
        (complaint(1, 1, own_words=False), False),
        (opinion(1, Label.MIXED, -0.5, 1), True),
        (opinion(1, Label.MIXED, -0.1, 1), False),
        (opinion(1, Label.MIXED, -0.1, 1, probability=(0.6, 0.1, 0.3)), True),
        (neutral(1, 1, rating=2.0), True),
        (praise(1, 1, rating=3.0), False),
        (opinion(1, Label.UNSCORED, 0.0, 1), False),
    ],
)
def test_what_is_a_complaint(said, expected):
    assert is_complaint(said) is expected


def test_an_unsure_complaint_is_followed_up_and_says_so():
    assert run(complaint(1, 1, unsure=True))[1][CaseKind.FOLLOW_UP].reason.endswith("(the engine is not sure)")


def test_a_stranger_is_followed_up_as_a_detractor_only():
    assert CaseKind.FOLLOW_UP not in run(complaint(1, 1), customer=False)[1]
    standing, changes = run(complaint(1, 3), complaint(2, 1), customer=False)
    assert standing.stance is Stance.DETRACTOR
    assert changes[CaseKind.FOLLOW_UP].mention_ids == (1, 2)
    assert changes[CaseKind.FOLLOW_UP].reason == "a detractor"


def test_complaints_from_history_open_a_follow_up_for_a_customer_who_is_a_detractor_now():
    old = (complaint(1, 20, history=True), complaint(2, 15, history=True))
    assert run(*old)[1][CaseKind.FOLLOW_UP].reason == "a detractor"
    assert run(*old, customer=False)[1] == {}
    assert run(old[0])[1] == {}


@pytest.mark.parametrize("state", [CaseState.RESOLVED, CaseState.DISMISSED])
def test_a_closed_follow_up_reopens_on_a_new_complaint_only(state):
    before = case(CaseKind.FOLLOW_UP, state, mention_ids=(1,))
    assert CaseKind.FOLLOW_UP not in run(complaint(1, 9), praise(2, 1), cases=(before,))[1]
    change = run(complaint(1, 9), complaint(2, 1), cases=(before,))[1][CaseKind.FOLLOW_UP]
    assert (change.event, change.state, change.mention_ids) == (EventKind.REOPENED, CaseState.NEW, (1, 2))
    assert change.due_at == datetime(2026, 7, 2, 9, 15, tzinfo=UTC)


def test_more_complaints_do_not_move_the_due_date_and_end_a_snooze():
    before = case(CaseKind.FOLLOW_UP, CaseState.SNOOZED, mention_ids=(1,), due_at=NOW - DAY, snoozed_until=NOW + 9 * DAY)
    change = run(complaint(1, 9), complaint(2, 1), cases=(before,))[1][CaseKind.FOLLOW_UP]
    assert (change.event, change.state) == (EventKind.UPDATED, CaseState.NEW)
    assert (change.due_at, change.snoozed_until) == (NOW - DAY, None)


def test_a_follow_up_whose_ground_is_gone_lapses_if_nobody_touched_it():
    """The complaint was corrected to praise."""
    for state in CaseState:
        if state not in MOVES[CaseKind.FOLLOW_UP]:
            continue
        before = case(CaseKind.FOLLOW_UP, state, mention_ids=(1,))
        change = run(praise(1, 3), cases=(before,))[1].get(CaseKind.FOLLOW_UP)
        assert (change is not None and change.event is EventKind.LAPSED) == (state in UNTOUCHED)


def test_a_lapsed_follow_up_comes_back_with_its_ground():
    before = case(CaseKind.FOLLOW_UP, CaseState.LAPSED, mention_ids=(1,))
    change = run(complaint(1, 3), cases=(before,))[1][CaseKind.FOLLOW_UP]
    assert (change.event, change.mention_ids) == (EventKind.REOPENED, (1,))


# ------------------------------------------------------------------------------------------------ candidates


def test_a_promoter_who_is_a_customer_is_a_candidate():
    standing, changes = run(*PROMOTER)
    assert standing.stance is Stance.PROMOTER
    change = changes[CaseKind.CANDIDATE]
    assert (change.event, change.state, change.mention_ids) == (EventKind.OPENED, CaseState.NEW, (1, 2, 3))
    assert change.reason == standing.why


def test_from_history_too_and_then_without_news():
    changes = run(*(replace(each, history=True) for each in PROMOTER))[1]
    assert set(changes) == {CaseKind.CANDIDATE}


def test_a_stranger_is_no_candidate():
    assert run(*PROMOTER, customer=False)[1] == {}


def held(stance: Stance) -> Standing:
    return Standing(stance, (0.9, 0.1, 0.0), (0.7, 1.0), 3.0, NOW - DAY, None, 3, 3)


def test_an_open_follow_up_keeps_a_promoter_from_being_asked():
    many = tuple(praise(number, number / 2, intents=(Intent.RECOMMENDS,)) for number in range(1, 9))
    standing, changes = run(*many, complaint(20, 0.2))
    assert standing.stance is Stance.PROMOTER
    assert set(changes) == {CaseKind.HEARD, CaseKind.FOLLOW_UP}
    resolved = case(CaseKind.FOLLOW_UP, CaseState.RESOLVED, mention_ids=(20,))
    assert CaseKind.CANDIDATE in run(*many, complaint(20, 0.2), cases=(resolved,))[1]


def test_who_complained_and_leaves_now_turned_once():
    before = case(CaseKind.FOLLOW_UP, CaseState.NEW, mention_ids=(1,))
    leaves = complaint(2, 0.1, intents=(Intent.LEAVING,))
    change = run(complaint(1, 3), leaves, cases=(before,))[1][CaseKind.FOLLOW_UP]
    assert (change.event, change.detail["turn"]) == (EventKind.UPDATED, "leaving")
    known = case(CaseKind.FOLLOW_UP, CaseState.NEW, mention_ids=(1, 2))
    again = complaint(3, 0.05, intents=(Intent.LEAVING,))
    assert "turn" not in run(complaint(1, 3), leaves, again, cases=(known,))[1][CaseKind.FOLLOW_UP].detail
    assert "turn" not in run(leaves)[1][CaseKind.FOLLOW_UP].detail


@pytest.mark.parametrize("state", [CaseState.NEW, CaseState.SNOOZED, CaseState.CONFIRMED, CaseState.CONTACTED])
def test_a_candidate_who_is_a_promoter_no_more(state):
    before = case(CaseKind.CANDIDATE, state, mention_ids=(1,))
    change = run(praise(1, 5), neutral(2, 3, history=True), cases=(before,), previous=held(Stance.PROMOTER))[1][
        CaseKind.CANDIDATE
    ]
    if state in UNTOUCHED:
        assert (change.event, change.state) == (EventKind.LAPSED, CaseState.LAPSED)
    else:
        assert (change.event, change.state) == (EventKind.UPDATED, state)
    assert change.reason.startswith("no longer a promoter")


def test_a_confirmed_candidate_is_told_of_a_complaint_once():
    many = tuple(praise(number, number / 2, intents=(Intent.RECOMMENDS,)) for number in range(1, 9))
    before = case(CaseKind.CANDIDATE, CaseState.CONFIRMED, mention_ids=tuple(range(1, 9)))
    changes = run(*many, complaint(20, 0.2), cases=(before,), previous=held(Stance.PROMOTER))[1]
    assert changes[CaseKind.CANDIDATE].reason == "a follow-up is open"
    follow_up = carried_out(8, changes[CaseKind.FOLLOW_UP], None)
    again = run(*many, complaint(20, 0.2), cases=(before, follow_up), previous=held(Stance.PROMOTER))[1]
    assert CaseKind.CANDIDATE not in again


def test_a_candidate_long_silent_lapses_and_the_next_look_is_then():
    promoter = tuple(praise(number, number, intents=(Intent.RECOMMENDS,)) for number in range(1, 9))
    before = case(CaseKind.CANDIDATE, mention_ids=tuple(range(1, 9)))
    standing, changes = run(*promoter, cases=(before,))
    assert CaseKind.CANDIDATE not in changes
    assert standing.next_change_at is not None
    last_day = (NOW - DAY).replace(hour=0, minute=0)
    assert standing.next_change_at <= last_day + 181 * DAY
    later = last_day + 181 * DAY
    change = run(*promoter, cases=(before,), previous=held(Stance.PROMOTER), now=later)[1][CaseKind.CANDIDATE]
    assert (change.event, change.reason) == (EventKind.LAPSED, "silent for 180 days")


@pytest.mark.parametrize("state", [CaseState.DISMISSED, CaseState.RESOLVED])
@pytest.mark.parametrize(
    ("known", "closed_days", "comes_back"),
    [((1, 2, 3), 200, False), ((1, 2), 89, False), ((1, 2), 90, True)],
)
def test_a_closed_candidate_comes_back_with_new_praise_after_a_rest(state, known, closed_days, comes_back):
    before = case(CaseKind.CANDIDATE, state, mention_ids=known, changed_at=NOW - closed_days * DAY)
    change = run(*PROMOTER, cases=(before,))[1].get(CaseKind.CANDIDATE)
    assert (change is not None) is comes_back
    if change is not None:
        assert (change.event, change.state, change.mention_ids) == (EventKind.REOPENED, CaseState.NEW, (1, 2, 3))


def test_a_lapsed_candidate_comes_back_with_the_stance():
    before = case(CaseKind.CANDIDATE, CaseState.LAPSED, mention_ids=(1, 2, 3))
    assert run(*PROMOTER, cases=(before,))[1][CaseKind.CANDIDATE].event is EventKind.REOPENED


def test_new_praise_is_added_to_an_open_candidate():
    before = case(CaseKind.CANDIDATE, CaseState.CONFIRMED, mention_ids=(1, 2))
    change = run(*PROMOTER, cases=(before,))[1][CaseKind.CANDIDATE]
    assert (change.event, change.state, change.mention_ids) == (EventKind.UPDATED, CaseState.CONFIRMED, (1, 2, 3))


# ------------------------------------------------------------------------------------------------ snoozes and repetition


@pytest.mark.parametrize("kind", CaseKind)
def test_a_snoozed_case_wakes_when_its_time_has_come(kind):
    facts = {
        CaseKind.HEARD: (neutral(1, 9),),
        CaseKind.CANDIDATE: tuple(replace(each, history=True) for each in PROMOTER),
        CaseKind.FOLLOW_UP: (complaint(1, 9),),
    }[kind]
    ids = tuple(each.mention_id for each in facts)
    for until, wakes in ((NOW - DAY, True), (NOW, True), (NOW + DAY, False)):
        before = case(kind, CaseState.SNOOZED, snoozed_until=until, mention_ids=ids)
        change = run(*facts, cases=(before,))[1].get(kind)
        assert (change is not None) is wakes
        if change is not None:
            assert (change.event, change.state, change.snoozed_until) == (EventKind.REOPENED, CaseState.NEW, None)


@st.composite
def facts(draw):
    found = []
    for number in range(draw(st.integers(0, 6))):
        make = draw(st.sampled_from([praise, complaint, neutral]))
        more = {"intents": (Intent.RECOMMENDS,)} if draw(st.booleans()) else {}
        more |= {"history": draw(st.booleans()), "own_words": draw(st.sampled_from([True, True, True, False]))}
        found.append(make(number, draw(st.floats(0, 200)), **more))
    return tuple(found)


@settings(max_examples=150, deadline=None)
@given(facts(), st.booleans(), st.dictionaries(st.sampled_from(CaseKind), st.sampled_from(CaseState)), st.data())
def test_a_second_run_with_the_same_facts_changes_nothing(opinions, customer, states, data):
    """Whatever the cases were before."""
    cases = []
    for number, (kind, state) in enumerate(states.items(), 1):
        if state not in MOVES[kind]:
            continue
        known = tuple(each.mention_id for each in opinions if data.draw(st.booleans()))
        until = NOW + data.draw(st.sampled_from([-DAY, DAY])) if state is CaseState.SNOOZED else None
        cases.append(replace(case(kind, state, mention_ids=known, snoozed_until=until), case_id=number))
    first = JudgeJob(1, "quillon", opinions, None, cases=tuple(cases), customer=customer)
    standing, changes = judge(first, POLICY, NOW)
    by_kind = {each.kind: each for each in cases}
    for number, change in enumerate(changes, 10):
        before = by_kind.get(change.kind)
        by_kind[change.kind] = carried_out(before.case_id if before else number, change, before)
    again = replace(first, previous=standing, cases=tuple(by_kind.values()))
    assert judge(again, POLICY, NOW + timedelta(hours=2)) == (standing, ())


# ------------------------------------------------------------------------------------------------ posts of another person


def test_a_case_loses_the_posts_that_turned_out_to_be_another_persons() -> None:
    heard = case(CaseKind.HEARD, mention_ids=(4, 9, 5), due_at=NOW)
    _, changes = run(praise(4, 3), praise(5, 2), cases=(heard,), moved=frozenset({9}))
    change = changes[CaseKind.HEARD]
    assert (change.event, change.state, change.mention_ids, change.due_at) == (EventKind.UPDATED, CaseState.NEW, (4, 5), NOW)
    assert change.reason == "some of its posts turned out to be another person's"
    after = carried_out(7, change, heard)
    assert run(praise(4, 3), praise(5, 2), cases=(after,))[1] == {}


@pytest.mark.parametrize("kind", CaseKind)
def test_a_case_without_any_post_left_lapses_and_comes_back_with_them(kind: CaseKind) -> None:
    said = (complaint(9, 2),) if kind is CaseKind.FOLLOW_UP else PROMOTER
    ids = tuple(each.mention_id for each in said)
    before = case(kind, mention_ids=ids)
    _, changes = run(cases=(before,), moved=frozenset(ids))
    assert (changes[kind].event, changes[kind].state, changes[kind].mention_ids) == (EventKind.LAPSED, CaseState.LAPSED, ())
    after = carried_out(7, changes[kind], before)
    assert run(cases=(after,), moved=frozenset(ids))[1] == {}
    _, changes = run(*said, cases=(after,))
    assert (changes[kind].event, changes[kind].mention_ids) == (EventKind.REOPENED, ids)


def test_who_has_committed_to_a_case_is_told_that_it_was_somebody_else() -> None:
    before = case(CaseKind.HEARD, CaseState.CONTACTED, mention_ids=(9,), assignee="kim")
    _, changes = run(cases=(before,), moved=frozenset({9}))
    change = changes[CaseKind.HEARD]
    assert (change.event, change.state, change.mention_ids, change.assignee) == (
        EventKind.UPDATED,
        CaseState.CONTACTED,
        (),
        "kim",
    )
    assert "all of its posts turned out to be another person's" in change.reason


def test_a_closed_case_is_left_alone_and_knows_its_posts_when_they_come_back() -> None:
    before = case(CaseKind.HEARD, CaseState.DISMISSED, mention_ids=(4,))
    assert run(cases=(before,), moved=frozenset({4}))[1] == {}
    assert run(praise(4, 3), cases=(before,))[1] == {}
