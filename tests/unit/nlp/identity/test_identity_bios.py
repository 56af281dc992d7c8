"""What a bio says of employers, in many wordings; and that no bio can break the reader or slow it down."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.identity.bio_text import LONGEST
from nlp.identity.bios import MOST_PHRASES, Strength, phrases, runs
from nlp.identity.company_names import slug
from tests.support.spending import within


def stated(bio: str, *, former: bool = False) -> set[str]:
    return {phrase.slug for phrase in phrases(bio) if phrase.strength > Strength.MENTIONED and phrase.former is former}


@pytest.mark.parametrize(
    ("bio", "company"),
    [
        ("Engineer at Quillon Labs", "quillonlabs"),
        ("Engineer @quillon, dad of two", "quillon"),
        ("#quillon employee", "quillon"),
        ("Entwicklerin bei Quillon Söhne. Mama.", "quillonsohne"),
        ("Ingénieure chez Quillon", "quillon"),
        ("head of data @ Quillon Robotics GmbH 🚀 Porto", "quillonrobotics"),
        ("Quillon | Product Manager | Porto", "quillon"),
        ("quillon - procurement", "quillon"),
        ("CEO Quillon", "quillon"),
        ("CEO of Quillon of Porto, father", "quillonofporto"),
        ("Works for Quillon", "quillon"),
        ("Proud member of the quillon of porto team", "quillonofporto"),
        ("recently moved from Brimtel to Quillon", "quillon"),
        ("I write code at quillon.example", "quillon"),
        ("Finance Director at Quillon & Partners plc", "quillonpartners"),
    ],
)
def test_a_stated_employer(bio, company):
    assert company in stated(bio)


@pytest.mark.parametrize(
    "bio",
    [
        "Formerly Quillon",
        "ex-Quillon, now gardening",
        "Lumi. Formerly @quillon.",
        "recently moved from Quillon to Lumi",
        "previously at Quillon",
        "Früher bei Quillon",
    ],
)
def test_a_former_employer(bio):
    assert "quillon" in stated(bio, former=True)
    assert "quillon" not in stated(bio)


@pytest.mark.parametrize(
    "bio",
    [
        "",
        "Coffee, knitting, football",
        "Views are my own. cooking",
        "Finance Director, Porto",
        "🦉",
        "Head of IT",
        "Senior engineer",
    ],
)
def test_no_employer(bio):
    assert not stated(bio)


def test_a_company_is_found_wherever_a_bio_names_it():
    assert "quillonlabs" in runs("they pay me, the quillon  labs people do")
    assert "quillonlabs" in runs("就职于Quillon Labs")
    assert "quillon" not in runs("quillonish things")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Quillon Holdings plc", "quillon"),
        ("Quillon s.r.o.", "quillon"),
        ("PT Quillon Tbk", "quillon"),
        ("Quillon A.Ş.", "quillon"),
        ("The AS Company", "theascompany"),
        ("GmbH", ""),
        ("", ""),
    ],
)
def test_companies_without_their_legal_form(name, expected):
    assert slug(name) == expected


@given(st.text(max_size=300))
def test_any_bio_is_read(bio):
    found = phrases(bio)
    assert len(found) <= MOST_PHRASES
    assert all(phrase.slug for phrase in found)
    assert "" not in runs(bio) or runs(bio) == {""}


@pytest.mark.parametrize("part", ["at ", "@a", "ex-", "a.", "| - ", "̈a", "at at @", "А", "\ud800", "former "])
def test_a_long_bio_costs_no_more_than_a_short_one(part):
    for read in (phrases, runs):
        within(0.5, partial(read.__wrapped__, part * 10_000))  # not from the cache
    assert phrases("x" * LONGEST + " at Quillon") == ()
