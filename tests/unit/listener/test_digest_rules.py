"""Who is in the digest, in which section, in which order, and with which next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listener.cases import MOVES, allowed_actions
from listener.core.analysis import Label
from listener.core.cases import CaseKind, CaseState, EventKind
from listener.core.people import Match, Outcome
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, DigestFacts, PersonFacts
from listener.digest import Digest, build_digest
from listener.digest.sections import SECTIONS
from tests.support.digest_facts import (
    BRANDS,
    DAY,
    SINCE,
    UNTIL,
    ZONE,
    case_of,
    hours_ago,
    linked,
    person,
    quote,
    realistic_facts,
    standing,
)

HEARD, CALL, CANDIDATE = CaseKind.HEARD, CaseKind.FOLLOW_UP, CaseKind.CANDIDATE
OPENED, UPDATED, DECIDED, LAPSED = EventKind.OPENED, EventKind.UPDATED, EventKind.DECIDED, EventKind.LAPSED


def told(*people: PersonFacts, **options: object) -> Digest:
    facts = DigestFacts(SINCE, UNTIL, people, coverage=(), mentions=1)
    return build_digest(facts, DAY, ZONE, BRANDS, **options)


@pytest.mark.parametrize(
    ("found", "urgency", "status"),
    [
        (case_of(1, CALL, 1, due_in_days=-1), "overdue", "overdue since 2026-11-21"),
        (case_of(1, CALL, 1, state=CaseState.CONFIRMED, due_in_days=0.5), "due", "due today"),
        (case_of(1, CALL, 1, state=CaseState.SNOOZED, snoozed_until=hours_ago(1)), "due", "snooze is over"),
        (case_of(1, CALL, 1, OPENED, due_in_days=2), "new", "new, call by 2026-11-24"),
        (case_of(1, CALL, 1, EventKind.REOPENED), "new", "open again"),
        (case_of(1, CALL, 1, UPDATED, due_in_days=2), "again", "heard again, call by 2026-11-24"),
        (case_of(1, CALL, 1, UPDATED, state=CaseState.CONTACTED), "again", "heard again after a contact"),
    ],
)
def test_an_open_follow_up_needs_a_call(found: CaseFacts, urgency: str, status: str) -> None:
    (entry,) = told(person(1, cases=(found,))).people
    assert (entry.section, entry.urgency, entry.status) == ("call", urgency, status)


@pytest.mark.parametrize(
    "found",
    [
        case_of(1, CALL, 1, due_in_days=3),
        case_of(1, CALL, 1, state=CaseState.CONTACTED, due_in_days=-3),
        case_of(1, CALL, 1, state=CaseState.RESOLVED, due_in_days=-3),
        case_of(1, CALL, 1, state=CaseState.DISMISSED, due_in_days=-3),
        case_of(1, CALL, 1, state=CaseState.SNOOZED, snoozed_until=UNTIL + timedelta(days=1), due_in_days=-3),
        case_of(1, HEARD, 1),
        case_of(1, HEARD, 1, OPENED, state=CaseState.DISMISSED, mentions=(1,)),
        case_of(1, CANDIDATE, 1),
    ],
)
def test_a_matter_that_is_closed_put_off_or_old_shows_nobody_as_urgent(found: CaseFacts) -> None:
    assert [entry for entry in told(person(1, cases=(found,))).people if entry.section != "changed"] == []


def test_days_are_the_readers_days() -> None:
    """23:30 UTC is the next day in Berlin: not overdue yet, due today."""
    late = hours_ago(6.5)
    facts = person(1, cases=(replace(case_of(1, CALL, 1), case=replace(case_of(1, CALL, 1).case, due_at=late)),))
    assert told(facts).people[0].status == "due today"


def test_each_person_is_shown_once_under_the_most_urgent_matter() -> None:
    facts = person(
        1,
        quotes=(quote(5, "Quillon broke.", Label.NEGATIVE),),
        cases=(
            case_of(1, HEARD, 1, OPENED, mentions=(5,)),
            case_of(2, CANDIDATE, 1, OPENED),
            case_of(3, CALL, 1, OPENED),
        ),
    )
    press = replace(facts, brand="quillon-press", cases=(case_of(9, HEARD, 1, OPENED, brand="quillon-press"),))
    digest = told(press, facts)
    (entry,) = digest.people
    assert (entry.section, entry.command) == ("call", "listener cases decide 3 contacted")
    assert entry.also == (
        "New advocate candidates: new (Quillon, case 2)",
        "Customers heard: complains (Quillon Press, case 9)",
    )
    assert digest.counts.customers == 1


def test_what_matters_comes_first() -> None:
    def spoke(number: int, label: Label, **more: object) -> PersonFacts:
        cases = (case_of(number, HEARD, number, OPENED, mentions=(number,)),)
        return person(number, quotes=(quote(number, f"Quillon {number}", label),), cases=cases, **more)

    digest = told(
        spoke(1, Label.NEUTRAL),
        spoke(2, Label.POSITIVE),
        spoke(3, Label.POSITIVE, reach=5000),
        spoke(4, Label.UNSCORED),
        spoke(5, Label.NEGATIVE),
        person(6, cases=(case_of(6, CANDIDATE, 6, OPENED),), standing=standing(Stance.PROMOTER, 0.75)),
        person(7, cases=(case_of(7, CANDIDATE, 7, OPENED),), standing=standing(Stance.PROMOTER, 0.9)),
        person(8, cases=(case_of(8, CALL, 8, OPENED, due_in_days=3),)),
        person(9, cases=(case_of(9, CALL, 9, OPENED, due_in_days=2),)),
        person(10, cases=(case_of(10, CALL, 10, due_in_days=-1),)),
        person(11, cases=(case_of(11, CALL, 11, due_in_days=-4),)),
        person(12, standing=standing(Stance.DETRACTOR, 0.7), stance_before=Stance.PASSIVE),
        people=99,
    )
    assert [entry.person_id for entry in digest.people] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 12]


def test_the_order_of_the_facts_changes_nothing() -> None:
    facts = realistic_facts()
    turned = replace(facts, people=facts.people[::-1], coverage=facts.coverage[::-1])
    assert build_digest(turned, DAY, ZONE, BRANDS).to_json() == build_digest(facts, DAY, ZONE, BRANDS).to_json()


def test_who_finds_no_room_is_counted() -> None:
    people = [
        person(n, cases=(case_of(n, HEARD, n, OPENED, mentions=(n,)),), quotes=(quote(n, "Quillon"),)) for n in range(1, 15)
    ]
    digest = told(*people)
    assert (len(digest.people), digest.more, digest.totals["heard"]) == (10, {"heard": 4}, 14)
    assert len(told(*people, people=3).people) == 3


def test_a_do_not_contact_is_never_told_to_be_called() -> None:
    for case in (
        case_of(1, CALL, 1, OPENED),
        case_of(1, CANDIDATE, 1, OPENED),
        case_of(1, HEARD, 1, OPENED, mentions=(1,)),
    ):
        facts = person(1, cases=(case,), quotes=(quote(1, "Quillon!", Label.POSITIVE),), do_not_contact=True, owner="Ines")
        (entry,) = told(facts).people
        assert entry.do_not_contact
        assert entry.step == "Do not call or write: the CRM forbids it. Tell Ines."
        assert entry.command == "listener cases show 1"


def test_an_unsure_verdict_says_so_and_asks_to_be_read() -> None:
    unsure = quote(1, "Well, Quillon.", Label.POSITIVE, unsure=True)
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),), quotes=(unsure,))).people
    assert (entry.status, entry.step) == ("praises, unsure", "Read it yourself first: the verdict is not certain.")
    assert entry.quotes[0].verdict == "positive, unsure"


def test_an_unscored_mention_of_a_customer_is_shown_with_the_reason() -> None:
    foreign = quote(1, "Quillon ist da.", Label.UNSCORED, reason="German")
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),), quotes=(foreign,))).people
    assert (entry.status, entry.quotes[0].verdict) == ("spoke, not scored", "not scored: German")


def test_a_customer_without_a_quote_at_hand_is_still_shown() -> None:
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED),))).people
    assert (entry.status, entry.quotes, entry.command) == ("spoke", (), "listener cases decide 1 contacted")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("answer", "Answer them: they ask something, or have a problem."),
        ("ask", "Thank them, and ask whether they would be a reference."),
        ("keep", "Call: they are leaving us, or threaten to."),
        ("quote", "Thank them, and ask whether you may quote what they said."),
        ("thank", "Thank them."),
    ],
)
def test_the_step_that_judging_suggests_is_told(step: str, words: str) -> None:
    case = case_of(1, HEARD, 1, OPENED, mentions=(1,), step=step)
    (entry,) = told(person(1, cases=(case,), quotes=(quote(1, "Quillon!", Label.POSITIVE),))).people
    assert entry.step == words


def test_sharing_another_s_praise_is_not_called_praising() -> None:
    shared = quote(1, "Quillon is great.", Label.POSITIVE, own_words=False)
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),), quotes=(shared,))).people
    assert (entry.status, entry.step) == ("shares another's words", "Read it where it was said.")
    assert entry.quotes[0].where.endswith("; shared, not their own words")


def test_who_was_contacted_and_speaks_again_is_heard_again() -> None:
    old, new = quote(1, "Quillon broke.", Label.NEGATIVE, hours=30), quote(2, "Quillon works.", Label.POSITIVE)
    case = case_of(1, HEARD, 1, UPDATED, state=CaseState.CONTACTED, mentions=(2,))
    (entry,) = told(person(1, cases=(case,), quotes=(new, old))).people
    assert (entry.section, entry.status, entry.command) == ("heard", "praises", "listener cases decide 1 resolved")


@pytest.mark.parametrize(("kind", "state"), [(kind, state) for kind, moves in MOVES.items() for state in moves])
@pytest.mark.parametrize("event", [OPENED, UPDATED])
def test_what_the_reader_is_asked_to_type_is_allowed_on_the_case(kind: CaseKind, state: CaseState, event: EventKind) -> None:
    found = case_of(1, kind, 1, event, state=state, snoozed_until=hours_ago(1), due_in_days=-1)
    for entry in told(person(1, cases=(found,))).people:
        _, _, verb, *rest = entry.command.split()
        assert verb == "show" or rest[1] in allowed_actions(found.case)


def test_a_post_that_arrived_late_counts_by_its_own_label() -> None:
    late = quote(1, "Quillon broke.", Label.NEGATIVE, hours=400)
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),), quotes=(late,))).people
    assert entry.urgency == "negative"


def test_the_telling_quotes_come_first_and_equal_words_once() -> None:
    quotes = (
        quote(1, "Quillon is fine.", Label.NEUTRAL, hours=1),
        quote(2, "Quillon broke.", Label.NEGATIVE, hours=2, own_words=False),
        quote(3, "QUILLON  broke.", Label.NEGATIVE, hours=3),
        quote(4, "Quillon broke twice.", Label.NEGATIVE, hours=4),
    )
    (entry,) = told(person(1, quotes=quotes, cases=(case_of(1, CALL, 1, OPENED, mentions=(2, 3, 4)),))).people
    assert [shown.mention_id for shown in entry.quotes] == [3, 4]
    assert len(told(person(1, quotes=quotes, cases=(case_of(1, CALL, 1, OPENED),)), quotes=1).people[0].quotes) == 1


def test_words_that_may_not_be_quoted_are_not_in_the_digest_at_all() -> None:
    secret = quote(1, "Quillon, the terms forbid this.", Label.POSITIVE, may_quote=False, title="And this title")
    data = told(person(1, quotes=(secret,), cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),))).to_json()
    assert "forbid" not in data
    assert "title" not in data.replace("job_title", "").replace('"title":"Quillon, Quillon Press"', "")


@pytest.mark.parametrize(
    ("facts", "status", "step"),
    [
        (
            person(1, standing=standing(Stance.PASSIVE, 0.7), stance_before=Stance.PROMOTER),
            "promoter → passive",
            "Look at what changed.",
        ),
        (
            person(1, cases=(case_of(1, CALL, 1, DECIDED, state=CaseState.RESOLVED, actor="ines"),)),
            "follow-up: resolved",
            "Nothing to do; decided by ines.",
        ),
        (
            person(1, cases=(case_of(1, CANDIDATE, 1, LAPSED, state=CaseState.LAPSED, reason="match undone."),)),
            "candidate lapsed",
            "Nothing to do: match undone.",
        ),
        (
            person(1, cases=(case_of(1, CANDIDATE, 1, UPDATED, state=CaseState.CONFIRMED, reason="a follow-up is open"),)),
            "candidate: new facts",
            "Look at it: a follow-up is open.",
        ),
    ],
)
def test_what_changed_is_told_last(facts: PersonFacts, status: str, step: str) -> None:
    (entry,) = told(facts).people
    assert (entry.section, entry.status, entry.step) == ("changed", status, step)


def test_nothing_new_shows_nobody() -> None:
    same = person(1, standing=standing(Stance.PROMOTER, 0.8), stance_before=Stance.PROMOTER)
    assert told(same, person(2), person(3, cases=(case_of(3, CANDIDATE, 3),))).people == ()


def test_one_brand_alone() -> None:
    facts = replace(realistic_facts())
    other = person(99, brand="quillon-press", cases=(case_of(99, CALL, 99, OPENED, brand="quillon-press"),))
    digest = build_digest(replace(facts, people=(*facts.people, other)), DAY, ZONE, BRANDS, only="quillon-press")
    assert ([entry.person_id for entry in digest.people], digest.brand, digest.title) == ([99], "quillon-press", "Quillon Press")


@pytest.mark.parametrize(
    ("match", "contact_id", "words"),
    [
        (None, None, "no known customer"),
        (None, "C-1", "listed in the CRM"),
        (linked("C-1", probability=1.0), "C-1", "linked by hand; probability over 0.99"),
        (Match(Outcome.REVIEW, 0.61, "open-web", "e", "1", contact_id="C-1"), None, "perhaps a customer, to be checked"),
        (Match(Outcome.NONE, 0.2, "open-web", "e", "1", account="Halden"), None, "somebody at the customer Halden; which person"),
        (Match(Outcome.NONE, 0.2, "open-web", "e", "1"), None, "no known customer"),
    ],
)
def test_the_evidence_is_told_in_words(match: Match | None, contact_id: str | None, words: str) -> None:
    facts = person(1, match=match, contact_id=contact_id, cases=(case_of(1, CALL, 1, OPENED),))
    assert told(facts).people[0].evidence.startswith(words)


def test_the_keys_of_the_sections_are_unique() -> None:
    assert len({section.key for section in SECTIONS}) == len(SECTIONS)


def test_many_calls_leave_room_for_the_first_candidates_and_customers_heard() -> None:
    calls = [person(n, cases=(case_of(n, CALL, n, OPENED, due_in_days=2),)) for n in range(1, 13)]
    candidates = [person(n, cases=(case_of(n, CANDIDATE, n, OPENED),)) for n in range(21, 24)]
    heard = [person(n, cases=(case_of(n, HEARD, n, OPENED, mentions=(n,)),)) for n in range(31, 36)]
    digest = told(*calls, *candidates, *heard)
    shown = [entry.section for entry in digest.people]
    assert shown == ["call"] * 6 + ["candidate"] * 2 + ["heard"] * 2
    assert digest.more == {"call": 6, "candidate": 1, "heard": 3}
    assert digest.totals == {"call": 12, "candidate": 3, "heard": 5}


def test_a_stranger_comes_after_the_customers_and_is_answered_not_called() -> None:
    stranger = person(1, company=None, contact_id=None, match=None, cases=(case_of(1, CALL, 1, OPENED, due_in_days=2),))
    customer = person(2, cases=(case_of(2, CALL, 2, OPENED, due_in_days=2),))
    first, second = told(stranger, customer).people
    assert (first.person_id, second.person_id) == (2, 1)
    assert second.status == "new, answer by 2026-11-24"
    assert second.step.startswith("Answer where it was said")
