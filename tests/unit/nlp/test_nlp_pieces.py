"""What of a text the network is shown: passages, pieces, sentences, and where the target is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlp.passages import named_places
from nlp.pieces import MOST_PIECES, naming_passages, pieces, sentences_at


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
