"""What is advised about an author can be done."""

from __future__ import annotations

from dataclasses import replace

from listener.cli.identity_explained import _next
from listener.cli.identity_said import _effects
from listener.core.identities import Decision, DecisionKind
from listener.core.mention import Author
from listener.core.people import Customer, Match, Outcome
from storage.identities import Carried
from storage.who import Identity
from tests.support.heard import NOW

MAYBE = Match(Outcome.REVIEW, 0.7, "open-web", "scored", "3", contact_id="C1")
SPLIT = Decision(4, DecisionKind.SPLIT, 1, "kim", NOW, other_author_id=2)


ADA = Identity(1, "x", "x", Author(handle="ada"), 1, 1, True, False, 1, NOW, match=MAYBE)


def test_nobody_is_told_to_link_a_contact_who_is_gone() -> None:
    advised = [command for _, command in _next(ADA, asked=False)]
    assert not any("identities link" in str(command) for command in advised)
    assert any("identities unlink 1" in str(command) for command in advised)
    there = [command for _, command in _next(replace(ADA, candidate=Customer("C1")), asked=False)]
    assert "listener identities link 1 C1" in there


def test_a_link_after_a_split_says_what_it_does() -> None:
    ada = Customer("C1", first_name="Ada", last_name="Lind")
    link = Decision(5, DecisionKind.LINK, 1, "kim", NOW, contact_id="C1")
    linked = replace(ADA, customer=ada, together=(2,), decisions=(SPLIT, link))
    notes = [str(text) for _, text in _effects(Carried(link), None, linked, [], {})]
    assert any("decision 4 says that author 2 is somebody else" in text for text in notes)
    apart = replace(ADA, customer=ada, decisions=(SPLIT, link))
    assert not any("decision 4" in str(text) for _, text in _effects(Carried(link), None, apart, [], {}))
