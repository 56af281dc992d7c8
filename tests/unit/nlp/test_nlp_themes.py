"""Recurring phrases: what several authors speak of and nobody configured."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.analysis import Label
from listener.core.telling import Theme, Utterance
from nlp.themes import AUTHORS, MOST, common_words, recurring


def said(*texts: str, label: Label = Label.NEUTRAL, first: int = 1) -> list[Utterance]:
    """Each text by an author of its own."""
    return [Utterance(number, text, label) for number, text in enumerate(texts, first)]


EXPORT = said(
    "The overnight export is broken since Monday.",
    "Quillon's overnight export lost my job again!",
    "Anybody else with trouble in the Overnight exports of Quillon?",
    label=Label.NEGATIVE,
)


def test_a_phrase_of_three_authors_is_a_theme_with_its_labels() -> None:
    assert recurring(EXPORT, ["Quillon"]) == [Theme("overnight export", 3, {Label.NEGATIVE: 3})]


def test_one_author_who_says_it_again_and_again_makes_no_theme() -> None:
    assert recurring([Utterance(1, one.text, one.label) for one in EXPORT * 5]) == []
    assert recurring(EXPORT[: AUTHORS - 1]) == []


def test_common_english_feelings_and_names_are_no_themes() -> None:
    texts = said(*["Great tool, works well every day, thank you Quillon Flow and Marta Lind from support-team"] * 5)
    found = {theme.phrase for theme in recurring(texts, ["Quillon", "Quillon Flow"])}
    assert not found & {"great", "tool", "works", "day", "quillon", "flow", "marta", "lind", "marta lind", "thank"}


def test_capitals_of_an_abbreviation_are_kept_and_a_name_is_left_out() -> None:
    texts = said("we need SSO with Okafor", "no SSO for Okafor", "where is SSO, asks Okafor")
    assert [theme.phrase for theme in recurring(texts)] == ["SSO"]


def test_the_longer_phrase_speaks_for_its_parts() -> None:
    assert [theme.phrase for theme in recurring(said(*["a tray sensor jam here"] * 4, "no tray sensor"))] == ["tray sensor jam"]


def test_the_most_spoken_of_come_first_and_few_are_told() -> None:
    words = ["trays", "webhooks", "pagination", "redlines", "templates", "audits", "connectors"]
    words = [f"{word} renderer" for word in words]
    texts = [Utterance(author, word, Label.NEUTRAL) for n, word in enumerate(words) for author in range(AUTHORS + n)]
    found = recurring(texts)
    assert [theme.phrase for theme in found] == list(reversed(words))[:MOST]


def test_links_handles_and_punctuation_keep_words_apart() -> None:
    texts = said(*["overnight, SSO https://overnight.example/SSO @overnight #SSO"] * 3)
    assert {theme.phrase for theme in recurring(texts)} == {"SSO"}


def test_a_word_by_itself_is_no_theme_unless_it_is_a_term() -> None:
    words = ("a paper copy came twice", "dates", "no paper", "copy of it, dates", "twice", "paper, copy", "dates twice")
    assert recurring(said(*words)) == []
    assert recurring(said(*["TWICE, TRAYS!"] * 4)) == []
    assert {theme.phrase for theme in recurring(said(*["the e-invoice, over SFTP, is here"] * 3))} == {"e-invoice", "SFTP"}


def test_what_nearly_every_text_says_is_background() -> None:
    texts = said(*["contract number one"] * 30, *["webhook trouble"] * 5)
    assert "contract" not in {theme.phrase for theme in recurring(texts)}


def test_the_common_words_are_small_letters_without_repeats() -> None:
    assert len(common_words()) > 700
    assert all(word == word.casefold() for word in common_words())


@settings(deadline=None)
@given(st.lists(st.text(st.characters(), max_size=80), max_size=6))
def test_any_texts_give_themes_of_theirs(texts: list[str]) -> None:
    for theme in recurring(said(*texts), texts[:1]):
        assert theme.authors >= AUTHORS
        assert theme.phrase


def test_a_megabyte_in_one_line_is_read_as_far_as_needed() -> None:
    assert recurring(said(*["overnight export " * 60_000] * 3))[0].phrase in {
        "overnight export overnight",
        "export overnight export",
    }
