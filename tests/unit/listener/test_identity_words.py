"""Who authors are in words: names, how sure it is, waterfalls, and whom an author can be said not to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.brand import Evidence
from listener.core.errors import ConfigError
from listener.core.identities import Decision, DecisionKind
from listener.core.mention import Author
from listener.core.people import Customer, KnownHandle, Match, Outcome, Reason, RunnerUp
from listener.identities import (
    against,
    author_words,
    contact_to_refuse,
    customer_words,
    handles_words,
    named_author,
    percent,
    steps,
    strongest,
    sure_words,
    verdict_words,
    waterfall,
)
from nlp.identity.names import common_name
from tests.support.heard import NOW

MAYA = Customer("C42", "Maya", "Lind", company="Halden Print", title="Head of Operations")


def reason(what: str, bits: float) -> Reason:
    return Reason(what, bits, Evidence.NAME)


def match(*evidence: Reason, outcome: Outcome = Outcome.REVIEW, prior: float = -10.0, **more: object) -> Match:
    values = {"contact_id": None if outcome is Outcome.NONE else "C42", **more}
    return Match(outcome, 0.7, "open-web", "fs", "1", evidence=evidence, prior_bits=prior, **values)  # type: ignore[arg-type]


def decided(kind: DecisionKind, contact: str, number: int = 1) -> Decision:
    return Decision(number, kind, 7, "kim", NOW, contact, note="met her")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("mastodon:@maya@toot.example", ("mastodon", "@maya@toot.example")),
        ("Twitter:maya", ("x", "maya")),
        ("forum:a:b", ("forum", "a:b")),
    ],
)
def test_an_author_is_named_by_number_or_account(text: str, named: object) -> None:
    assert named_author(text) == named


@pytest.mark.parametrize("text", ["", "maya", ":maya", "mastodon:", "mastodon:@", "-1", "1" * 30, "\u0663", "12.0"])
def test_what_names_no_author_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="platform:handle"):
        named_author(text)


def test_names_fall_back_to_what_there_is() -> None:
    assert author_words(7, Author(handle="@maya", display_name="Maya Lind"), "mastodon") == "Maya Lind (@maya, mastodon)"
    assert author_words(7, Author(), "blog") == "author 7 (blog)"
    assert customer_words(MAYA, None) == "Maya Lind, Head of Operations, Halden Print (C42)"
    assert customer_words(Customer("C1"), "C1") == "no name (C1)"
    assert customer_words(None, "C1") == "C1, whom the CRM has no more"
    known = Customer("C1", handles=tuple(KnownHandle("x", f"maya{number}") for number in range(6)))
    assert handles_words(known) == "x: @maya0, x: @maya1, x: @maya2, x: @maya3 and 2 more"
    sites = Customer("C1", handles=(KnownHandle("blog", "maya.example"), KnownHandle("mastodon", "maya@toot.example")))
    assert handles_words(sites) == "blog: maya.example, mastodon: @maya@toot.example"


def test_probabilities_are_said_in_words_and_never_as_certain() -> None:
    words = [sure_words(p) for p in (1.0, 0.96, 0.85, 0.7, 0.5, 0.2, 0.001)]
    assert words == [
        "almost certainly (over 99%)",
        "almost certainly (96%)",
        "very likely (85%)",
        "probably (70%)",
        "about even (50%)",
        "perhaps (20%)",
        "hardly (under 1%)",
    ]


def test_what_became_of_the_question_is_said_in_words() -> None:
    link = decided(DecisionKind.LINK, "C42")
    assert verdict_words(None, ()) == "not looked at: only authors who speak about us are"
    assert verdict_words(match(), ()) == "proposed, for you to decide: probably (70%)"
    assert verdict_words(match(), (), "Maya") == "perhaps Maya, for you to decide: probably (70%)"
    assert verdict_words(match(outcome=Outcome.LINK), (), "Maya") == "linked to Maya: probably (70%)"
    by_hand = verdict_words(match(outcome=Outcome.LINK), (link,), "Maya")
    assert by_hand == "linked by hand to Maya: kim on 2026-03-10 (decision 1): met her"
    assert verdict_words(match(outcome=Outcome.NONE, account="Halden"), ()).startswith("somebody at the customer Halden;")
    assert verdict_words(match(outcome=Outcome.NONE), ()) == "no known customer"
    assert verdict_words(match(outcome=Outcome.NONE, own_side=True), ()) == "one of us: heard, never judged"


EVIDENCE = (reason("the same name", 9.0), reason("another employer is stated", -4.0), reason("the handle fits", 6.0))


def test_the_strongest_evidence_comes_first_and_what_speaks_against_apart() -> None:
    more = (*EVIDENCE, reason("a", 1.0), reason("b", -9.0), reason("nothing", 0.0))
    assert [each.what for each in strongest(more, 2)] == ["the same name", "the handle fits"]
    assert [each.what for each in against(more)] == ["b", "another employer is stated"]


def test_a_waterfall_goes_from_the_prior_over_the_evidence_to_the_total() -> None:
    found = [(step.bits, step.before, step.after) for step in steps(match(*EVIDENCE))]
    assert found == [(-10, 0, -10), (9, -10, -1), (-4, -1, -5), (6, -5, 1), (1, 0, 1)]
    lines = waterfall(match(*EVIDENCE), 80)
    assert [line[:35].strip() for line in lines[1:4]] == ["the same name", "another employer is stated", "the handle fits"]
    assert "-10.0" in lines[0]
    assert "▒" in lines[0]
    assert "█" not in lines[2]
    assert set(lines[-2].strip()) == {"─"}
    assert "+1.0" in lines[-1]
    plain = waterfall(match(*EVIDENCE), 80, plain=True)
    assert all(line.isascii() for line in plain)
    assert len(plain) == len(lines)
    assert waterfall(match(), 80) == []


@given(
    st.lists(st.tuples(st.text(max_size=400), st.floats(-1e6, 1e6)), min_size=1, max_size=8),
    st.floats(-1e6, 1e6),
    st.integers(60, 120),
)
def test_no_evidence_breaks_a_waterfall(given_: list[tuple[str, float]], prior: float, width: int) -> None:
    """Whatever strangers put into a label or a matcher into a weight: bounded lines, nothing invisible."""
    lines = waterfall(match(*(reason(what, bits) for what, bits in given_), prior=prior), width)
    assert len(lines) >= len(given_) + 3
    # A weight of a million bits needs seven columns more than any real one.
    assert max(map(len, lines)) <= width + 7
    assert not any("\u202e" in line or "\x1b" in line or "\n" in line for line in lines)


# ------------------------------------------------------------------------------------------------ whom not


def refuse(
    found: Match | None,
    *decisions: Decision,
    given: str | None = None,
    customer: Customer | None = None,
    others: tuple[int, ...] = (),
) -> tuple[str, bool]:
    return contact_to_refuse(7, found, decisions, customer, given, others)


def test_who_is_linked_or_proposed_is_turned_down_and_so_is_the_runner_up_by_name() -> None:
    second = match(runner_up=RunnerUp("C43", 0.2))
    assert refuse(match(outcome=Outcome.LINK)) == ("C42", True)
    assert refuse(second) == ("C42", True)
    assert refuse(second, given=" C43 ") == ("C43", True)
    # A contact who is linked by hand goes first, also where the evidence or the CRM says otherwise.
    assert refuse(match(), decided(DecisionKind.LINK, "C9")) == ("C9", True)
    assert refuse(None, decided(DecisionKind.LINK, "C9")) == ("C9", True)
    assert refuse(None, decided(DecisionKind.REFUSE, "C9"), given="C9") == ("C9", True)


@pytest.mark.parametrize("found", [None, match(), match(outcome=Outcome.NONE), match(outcome=Outcome.LINK)])
def test_a_no_can_be_said_in_advance_if_the_crm_has_the_contact(found: Match | None) -> None:
    assert refuse(found, given=" C1 ") == ("C1", False)


@pytest.mark.parametrize(
    ("found", "customer", "said"),
    [
        (None, None, "author 7 is not linked to a customer, and none is proposed; .*identities unlink 7 CONTACT"),
        (match(outcome=Outcome.NONE), None, "author 7 is not linked to a customer"),
        (None, MAYA, "counts as C42 only as one person with author 9; listener identities split 7 9, or .* unlink 7 C42"),
    ],
)
def test_who_is_nobody_cannot_be_turned_down_without_a_contact(found: Match | None, customer: Customer | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        refuse(found, customer=customer, others=(9,))


@pytest.mark.parametrize(
    ("names", "others", "common"),
    [
        (["Maya L.", "mayalind"], ["Maya Lind"], True),
        (["", "sofiez"], ["Sofie Zandbergen"], True),
        (["Jos\u00e9 Pe\u00f1a"], ["Jose Pena"], True),
        (["", "x"], ["Maya Lind"], True),  # nothing to compare
        (["", ""], ["Maya Lind"], True),
        (["Fiona Tarrick", ""], ["Emeka Nwadike"], False),
        (["Paperwork Pat", "pat"], ["Maya Lind"], False),
    ],
)
def test_names_have_something_in_common_or_not(names: list[str], others: list[str], common: bool) -> None:
    assert common_name(names, others) is common


@given(st.lists(st.text(max_size=300), max_size=3), st.lists(st.text(max_size=300), max_size=3))
def test_no_name_breaks_the_comparison(names: list[str], others: list[str]) -> None:
    assert common_name(names, others) == common_name(others, names)


@given(st.floats(0, 1))
def test_percents_are_never_0_or_100(p: float) -> None:
    assert percent(p) not in {"0%", "100%"}
