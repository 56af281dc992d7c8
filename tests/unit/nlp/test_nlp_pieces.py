"""What of a text the network is shown: passages, pieces, sentences, and where the target is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.passages import Passage, named_places
from nlp.pieces import MOST_PIECES, naming_passages, own_places, pieces, sentences_at


def test_only_what_speaks_of_the_target_is_a_passage() -> None:
    about = "Quillon is slow. It crashes daily.\n\nA long aside. Another one.\n\nStill, I like Quillon."
    text = f"An opening that says nothing.\n\n{about}"
    passages = naming_passages(text, named_places(text, "Quillon"))
    assert [(p.sentence, p.following) for p in passages] == [
        ("Quillon is slow.", ("It crashes daily.",)),
        ("Still, I like Quillon.", ()),
    ]
    assert naming_passages(text, []) == ()


def test_pieces_are_verbatim_and_end_with_a_sentence() -> None:
    text = "One two three. Four five six. Seven eight.\n\nNine ten. " + "more " * 12 + "end."
    found = pieces(text, 6)
    assert found == [
        "One two three. Four five six.",
        "Seven eight.\n\nNine ten.",
        "more more more more more more",
        "more more more more more more",
        "end.",
    ]


@given(st.text(max_size=400), st.integers(1, 20))
def test_pieces_of_any_text(text: str, words: int) -> None:
    found = pieces(text, words)
    assert all(piece and piece in text for piece in found)
    assert all(len(piece.split()) <= words for piece in found)
    assert len(found) <= MOST_PIECES


def test_the_pieces_of_a_very_long_text_are_limited() -> None:
    assert len(pieces("word " * 50_000, 70)) == MOST_PIECES


def test_the_sentences_that_name_the_target() -> None:
    text = "Hello there. Quillon is slow! Bye, Quillon."
    assert sentences_at(text, named_places(text, "Quillon")) == ("Quillon is slow!", "Bye, Quillon.")
    assert sentences_at(text, []) == (text,)
    assert sentences_at(" ... ", [(1, 2)]) == ("...",)


@pytest.mark.parametrize(
    ("sentence", "span", "names"),
    [
        ("I like Quillon a lot", "Quillon", ["Quillon"]),
        ("I like Quillon Flow a lot", "Quillon Flow", ["Quillon Flow"]),
        ("Quillon is slow, but Quillon is ours", "Quillon is slow, but Quillon", ["Quillon", "Quillon"]),
        ("quillon, Quillon and @Quillon!", "quillon, Quillon and @Quillon", ["quillon", "Quillon", "Quillon"]),
        ("Quillon Flow or not Quillon Flow?", "Quillon Flow or not Quillon Flow", ["Quillon Flow", "Quillon Flow"]),
        ("QF is what they now call their old Quillon.", "QF is what they now call their old Quillon", ["QF", "Quillon"]),
        ("nothing", "", []),
    ],
)
def test_where_a_passage_names_its_target(sentence: str, span: str, names: list[str]) -> None:
    start = sentence.index(span)
    places = own_places(Passage(sentence, start, start + len(span)))
    assert [sentence[a:b].lstrip("@") for a, b in places] == names


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_own_places_lie_in_the_span(sentence: str, start: int, length: int) -> None:
    start = min(start, len(sentence))
    end = min(len(sentence), start + length)
    assert all(start <= a < b <= end for a, b in own_places(Passage(sentence, start, end)))
