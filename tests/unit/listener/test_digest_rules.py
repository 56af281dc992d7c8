"""Who is in the digest, in which section, in which order, and with which next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listener.cases import MOVES, allowed_actions
from listener.core.analysis import Label
from listener.core.cases import CaseKind, CaseState, EventKind
from listener.core.people import Match, Outcome
from listener.core.recipients import Recipient
from listener.core.standing import Stance
from listener.core.telling import CaseFacts, DigestFacts, PersonFacts
from listener.digest import Digest, build_digest
from listener.digest.sections import SECTIONS
from listener.render.lines import headline, todo_line
from listener.render.text import render_text
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
        (case_of(1, CALL, 1, due_in_days=-1), "overdue", "overdue since 21 Nov"),
        (case_of(1, CALL, 1, state=CaseState.CONFIRMED, due_in_days=0.5), "due", "due today"),
        (case_of(1, CALL, 1, state=CaseState.SNOOZED, snoozed_until=hours_ago(1)), "due", "snooze is over"),
        (case_of(1, CALL, 1, OPENED, due_in_days=2), "new", "new, by 24 Nov"),
        (case_of(1, CALL, 1, EventKind.REOPENED), "new", "open again"),
        (case_of(1, CALL, 1, UPDATED, due_in_days=2), "again", "heard again, by 24 Nov"),
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
        "New candidates: new (Quillon, case 2)",
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
        assert entry.step == "Tell Ines; do not call or write."
        assert entry.command == "listener cases show 1"


def test_an_unsure_verdict_says_so_and_asks_to_be_read() -> None:
    unsure = quote(1, "Well, Quillon.", Label.POSITIVE, unsure=True)
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),), quotes=(unsure,))).people
    assert (entry.status, entry.step) == ("praises, unsure", "Read it yourself first.")
    assert (entry.todo, entry.name, entry.todo_end, entry.command) == ("Read what", "Ada Quist", " said", "listener cases show 1")
    assert entry.quotes[0].verdict == "positive, unsure"


def test_an_unscored_mention_of_a_customer_is_shown_with_the_reason() -> None:
    foreign = quote(1, "Quillon ist da.", Label.UNSCORED, reason="German")
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),), quotes=(foreign,))).people
    assert (entry.status, entry.quotes[0].verdict) == ("not scored", "not scored: German")


def test_a_customer_without_a_quote_at_hand_is_still_shown() -> None:
    (entry,) = told(person(1, cases=(case_of(1, HEARD, 1, OPENED),))).people
    assert (entry.status, entry.quotes, entry.command) == ("spoke", (), "listener cases decide 1 contacted")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("answer", "Answer them."),
        ("ask", "Thank them, and ask for a reference."),
        ("keep", "Call: they may leave us."),
        ("quote", "Thank them, and ask for leave to quote them."),
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
    (entry,) = told(person(1, quotes=quotes, cases=(case_of(1, CALL, 1, OPENED, mentions=(2, 3, 4)),)), quotes=2).people
    assert [shown.mention_id for shown in entry.quotes] == [3, 4]
    assert len(told(person(1, quotes=quotes, cases=(case_of(1, CALL, 1, OPENED),))).people[0].quotes) == 1


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
    digest = build_digest(
        replace(facts, people=(*facts.people, other)),
        DAY,
        ZONE,
        BRANDS,
        only=Recipient("mail", "kim", brands=frozenset({"quillon-press"})),
    )
    assert ([entry.person_id for entry in digest.people], digest.brand, digest.title) == ([99], "quillon-press", "Quillon Press")


def test_a_reader_of_some_segments_and_owners_gets_their_people_alone() -> None:
    def brands(**restricted: frozenset[str]) -> Digest:
        return build_digest(realistic_facts(), DAY, ZONE, BRANDS, only=Recipient("mail", "kim", **restricted))

    assert {entry.segment for entry in brands(segments=frozenset({"enterprise"})).people} == {"enterprise"}
    mine = brands(owners=frozenset({"ines kroll"}))
    assert {entry.owner for entry in mine.people} == {"Ines Kroll"}
    assert (mine.counts.customers, mine.totals, mine.brand) == (2, {"candidate": 1, "heard": 1, "changed": 1}, "all")
    nobody = brands(owners=frozenset({"nobody"}))
    assert (nobody.is_quiet, nobody.counts.customers, nobody.counts.mentions) == (True, 0, 41)


@pytest.mark.parametrize(
    ("match", "contact_id", "words"),
    [
        (None, None, "no known customer"),
        (None, "C-1", "listed in the CRM"),
        (linked("C-1", probability=1.0), "C-1", "linked by hand"),
        (Match(Outcome.REVIEW, 0.61, "open-web", "e", "1", contact_id="C-1"), None, "perhaps a customer"),
        (Match(Outcome.NONE, 0.2, "open-web", "e", "1", account="Halden"), None, "somebody at the customer Halden"),
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
    assert [entry.section for entry in digest.people] == ["call"] * 6 + ["candidate"] * 2 + ["heard"] * 2
    assert [entry.section for entry in digest.today] == ["call"] * 4 + ["candidate"]
    assert digest.more == {"call": 6, "candidate": 1, "heard": 3}
    assert digest.totals == {"call": 12, "candidate": 3, "heard": 5}


def test_a_stranger_comes_after_the_customers_and_is_answered_not_called() -> None:
    stranger = person(1, company=None, contact_id=None, match=None, cases=(case_of(1, CALL, 1, OPENED, due_in_days=2),))
    customer = person(2, cases=(case_of(2, CALL, 2, OPENED, due_in_days=2),))
    first, second = told(stranger, customer).people
    assert (first.person_id, second.person_id) == (2, 1)
    assert (second.todo, second.todo_end) == ("Answer", " by 24 Nov")
    assert second.step.startswith("Answer where it was said")


# ------------------------------------------------------------------------------------------ who turned, who was won over


def moved(before: Stance, now: Stance, label: Label, *cases: CaseFacts, **more: object) -> PersonFacts:
    """Somebody whose standing changed, and what they said in the window."""
    facts = person(
        1, standing=standing(now, 0.8), stance_before=before, quotes=(quote(5, "Quillon!", label, hours=3),), cases=cases
    )
    return replace(facts, **more)


def test_a_promoter_who_complains_turned_against_us() -> None:
    (entry,) = told(moved(Stance.PROMOTER, Stance.DETRACTOR, Label.NEGATIVE, case_of(3, CALL, 1, OPENED, due_in_days=2))).people
    assert (entry.section, entry.status) == ("turned", "promoter → detractor; new, by 24 Nov")
    assert (entry.command, entry.todo, entry.todo_end) == ("listener cases decide 3 contacted", "Call", " by 24 Nov")
    (entry,) = told(moved(Stance.PROMOTER, Stance.PROMOTER, Label.NEGATIVE)).people
    assert (entry.section, entry.status, entry.todo) == ("turned", "a promoter, and complains", "Win back")


def test_what_cannot_wait_is_a_call_whoever_turned() -> None:
    (entry,) = told(moved(Stance.PROMOTER, Stance.DETRACTOR, Label.NEGATIVE, case_of(3, CALL, 1, due_in_days=-1))).people
    assert (entry.section, entry.status) == ("call", "promoter → detractor; overdue since 21 Nov")


def test_who_was_no_promoter_or_is_doubted_did_not_turn() -> None:
    doubtful = (quote(5, "Hm, Quillon.", Label.NEGATIVE, hours=3, unsure=True),)
    for facts in (
        moved(Stance.PASSIVE, Stance.DETRACTOR, Label.NEGATIVE),
        moved(Stance.PROMOTER, Stance.PASSIVE, Label.NEGATIVE, quotes=doubtful),
    ):
        assert [entry.section for entry in told(facts).people] == ["changed"]


@pytest.mark.parametrize(
    ("before", "now"),
    [(Stance.PASSIVE, Stance.PROMOTER), (Stance.DETRACTOR, Stance.PASSIVE), (Stance.DETRACTOR, Stance.PROMOTER)],
)
def test_who_thinks_better_of_us_was_won_over_by_what_they_said(before: Stance, now: Stance) -> None:
    spoke = case_of(7, HEARD, 1, OPENED, mentions=(5,))
    (entry,) = told(moved(before, now, Label.POSITIVE, spoke, owner="Ines Kroll")).people
    assert (entry.section, entry.status) == ("won", f"{before} → {now}")
    assert entry.step == "Ask Ines Kroll to thank them, and to ask what won them over."
    assert (entry.command, [shown.mention_id for shown in entry.quotes]) == ("listener cases decide 7 contacted", [5])


def test_words_that_only_aged_won_nobody_over() -> None:
    old = (quote(5, "Quillon is great.", Label.POSITIVE, hours=900),)
    (entry,) = told(moved(Stance.DETRACTOR, Stance.PASSIVE, Label.POSITIVE, quotes=old)).people
    assert entry.section == "changed"


def test_a_new_candidate_says_from_where_they_came() -> None:
    (entry,) = told(moved(Stance.PASSIVE, Stance.PROMOTER, Label.POSITIVE, case_of(2, CANDIDATE, 1, OPENED))).people
    assert (entry.section, entry.status, entry.todo_why) == ("candidate", "new, passive → promoter", "passive → promoter")


# ----------------------------------------------------------------------------------------------------- new, and waiting


def opened_before(found: CaseFacts) -> CaseFacts:
    return replace(found, case=replace(found.case, opened_at=SINCE - timedelta(days=3)))


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (case_of(1, CALL, 1, due_in_days=0.2), "due today, waiting since 18 Nov"),
        (case_of(1, CALL, 1, UPDATED, due_in_days=2), "heard again, by 24 Nov, waiting since 18 Nov"),
        (case_of(1, CALL, 1, state=CaseState.SNOOZED, snoozed_until=hours_ago(1)), "snooze is over, waiting since 18 Nov"),
        (case_of(1, CANDIDATE, 1, state=CaseState.SNOOZED, snoozed_until=hours_ago(1)), "snooze is over, waiting since 18 Nov"),
    ],
)
def test_what_an_earlier_digest_told_of_is_waiting_and_not_new(found: CaseFacts, status: str) -> None:
    (entry,) = told(person(1, cases=(opened_before(found),))).people
    assert entry.status == status


def test_two_digests_tell_a_case_as_new_once() -> None:
    """The windows of one reader meet: what the first opened, the second does not open again."""
    found = case_of(1, CALL, 1, OPENED, due_in_days=5)
    later = replace(opened_before(found), events=())
    assert told(person(1, cases=(found,))).people[0].status == "new, by 27 Nov"
    assert told(person(1, cases=(later,))).people == ()


def test_overdue_calls_are_counted_in_the_headline_even_where_they_are_not_shown() -> None:
    calls = [person(n, cases=(case_of(n, CALL, n, due_in_days=-1 - n),)) for n in range(1, 13)]
    digest = told(*calls, people=4)
    assert (digest.overdue, digest.more_overdue, headline(digest)) == (12, 8, "12 to call (12 overdue)")
    assert [entry.person_id for entry in digest.people] == [12, 11, 10, 9]


# ----------------------------------------------------------------------------------------------------- what to do today


def test_today_names_five_things_and_keeps_a_place_for_a_candidate() -> None:
    calls = [person(n, f"Call {n}", cases=(case_of(n, CALL, n, OPENED, due_in_days=2),)) for n in range(1, 7)]
    chance = person(20, "Chance", cases=(case_of(20, CANDIDATE, 20, OPENED),))
    digest = told(*calls, chance)
    assert [todo_line(entry) for entry in digest.today] == [
        *(f"Call Call {n} (Brackwater Freight) by 24 Nov" for n in range(1, 5)),
        "Confirm Chance (Brackwater Freight) as an advocate",
    ]


def test_a_call_that_cannot_wait_keeps_its_place_before_a_candidate() -> None:
    calls = [person(n, cases=(case_of(n, CALL, n, due_in_days=-1),)) for n in range(1, 7)]
    digest = told(*calls, person(20, cases=(case_of(20, CANDIDATE, 20, OPENED),)))
    assert {entry.section for entry in digest.today} == {"call"}
    assert "candidate" in {entry.section for entry in digest.people}


def test_who_must_not_be_contacted_is_somebody_else_s_to_be_told_of() -> None:
    facts = person(1, "Ada", owner="Ines Kroll", do_not_contact=True, cases=(case_of(1, CALL, 1, due_in_days=-1),))
    (entry,) = told(facts).today
    assert todo_line(entry) == "Tell Ines Kroll about Ada (Brackwater Freight), not to be contacted: open since 21 Nov"


def test_who_leaves_is_called_first_for_that() -> None:
    spoke = case_of(2, HEARD, 1, OPENED, step="keep")
    (entry,) = told(person(1, cases=(case_of(1, CALL, 1, OPENED, due_in_days=1), spoke))).people
    assert (entry.status, entry.todo_why) == ("may leave us; new, by 23 Nov", "may leave us")


def test_a_neutral_mention_asks_for_nothing_and_is_a_row() -> None:
    spoke = person(1, quotes=(quote(1, "Quillon exists."),), cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),))
    (entry,) = told(spoke).people
    assert (entry.todo, entry.brief, entry.step) == ("", True, "Answer, if it gives cause.")


# ----------------------------------------------------------------------------------------------------- one minute


def wordy(number: int, kind: CaseKind) -> PersonFacts:
    said = f"Quillon {number} " + "is a very long story with many words " * 8
    return person(
        number,
        f"Ada Maria Quist van der Berg {number}",
        "The Brackwater Freight and Shipping Company",
        job_title="Head of the Department of Print Operations",
        owner="Ines Kroll",
        reach=1200,
        standing=standing(Stance.DETRACTOR, 0.8, "3 negative posts on 2 days in 2 sources, none positive in 90 days"),
        quotes=(quote(number, said, Label.NEGATIVE),),
        cases=(case_of(number, kind, number, OPENED, due_in_days=2, mentions=(number,)),),
    )


@pytest.mark.parametrize("people", [1, 4, 10, 500])
def test_however_much_happened_it_is_read_in_about_a_minute(people: int) -> None:
    kinds = (CALL, CANDIDATE, HEARD)
    digest = told(*(wordy(n, kinds[n % 3]) for n in range(1, people + 1)))
    top = [
        line
        for line in render_text(digest).partition("WHAT WAS SAID")[0].splitlines()
        if not line.strip(" │").startswith(("$", "http"))
    ]
    assert sum(any(char.isalpha() for char in word) for line in top for word in line.split()) <= 320
    assert sum(digest.totals.values()) == people
    assert 1 <= len(digest.people) <= min(people, 10)


def test_people_are_dropped_from_where_they_are_missed_least() -> None:
    kinds = (CALL, CANDIDATE, HEARD)
    digest = told(*(wordy(n, kinds[n % 3]) for n in range(1, 31)))
    assert {entry.section for entry in digest.people} == {"call", "candidate", "heard"}
    assert len(digest.today) == 5
    assert [entry for entry in digest.people if not entry.brief]


def test_praise_and_blame_in_one_breath_are_quoted_together() -> None:
    said = "Love the new tray sensor in Quillon, hate that it needs an account."
    facts = person(1, quotes=(quote(1, said, Label.MIXED),), cases=(case_of(1, HEARD, 1, OPENED, mentions=(1,)),))
    assert told(facts).people[0].quotes[0].text == said
