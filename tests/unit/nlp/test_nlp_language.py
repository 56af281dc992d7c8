"""Languages are named only where the text shows them; a source's claim fills the gaps."""

from __future__ import annotations

import unicodedata
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.errors import EngineError
from nlp.language import LANGUAGES, identify, plainly_english, primary
from tests.support.spending import within

SAMPLES = {
    "en": "The new version of this tool is rather slow, and nobody from support has answered me since Monday.",
    "de": "Die neue Version ist leider sehr langsam, und seit Montag hat mir niemand vom Support geantwortet.",
    "fr": "La nouvelle version est malheureusement très lente et personne du support ne m'a répondu depuis lundi.",
    "es": "La nueva versión es muy lenta y nadie del equipo de soporte me ha respondido desde el lunes pasado.",
    "nl": "De nieuwe versie is helaas erg traag en sinds maandag heeft niemand van de helpdesk mij geantwoord.",
    "ja": "新しいバージョンは残念ながらとても遅く、月曜日からサポートの返事がありません。",
    "ru": "Новая версия, к сожалению, очень медленная, и с понедельника никто из поддержки мне не ответил.",
}


@pytest.mark.parametrize(("language", "text"), SAMPLES.items())
def test_clear_texts_are_named_whatever_the_source_states(language: str, text: str) -> None:
    assert identify(text) == language
    assert identify(text, "en-US") == language
    assert identify(text, "xx") == language


@pytest.mark.parametrize("text", ["", "ok", "👍👍", "https://shop.example/a/very/long/path @someone #tag", "12345 67890 12345"])
def test_short_texts_go_by_the_source_or_by_nothing(text: str) -> None:
    assert identify(text) is None
    assert identify(text, "DE_at") == "de"


def test_an_unclear_text_goes_by_the_source() -> None:
    assert identify("Quillon super normal", "nl") == "nl"


def test_only_the_beginning_is_looked_at() -> None:
    assert identify(SAMPLES["de"] * 4 + SAMPLES["en"] * 1000) == "de"


def test_choices_can_be_narrowed() -> None:
    assert identify(SAMPLES["nl"], languages=("de", "en")) != "nl"
    assert len(LANGUAGES) == 20


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(EngineError, match="qq"):
        identify(SAMPLES["en"], languages=("en", "qq"))


ENGLISH = [
    "I can't believe how slow the new version is",
    "@quillon your support is the best, thanks for the quick answer! https://q.example/1",
    "Don’t know what they did to the archive but it’s broken again 😡",
    "Anyone else having problems with the login today? #quillon",
    "we just moved to Quillon and it works",
    SAMPLES["en"],
]
FOREIGN = [
    *(sample for language, sample in SAMPLES.items() if language != "en"),
    "Das neue Update ist great, love it",
    "Best day ever mit meinen Freunden in Berlin",
    "Warum ist der Support immer so slow? Just asking",
    "Endlich Friday! Heute Abend Party bei mir",
    "happy birthday to you meine Liebe, alles Gute",
    "Wat een mooie dag, just love it",
    "We gaan naar de new store in Utrecht, so happy",
    "Is die app weer down of is het alleen hier",
    "C'est la best app, I love it mais un peu slow",
    "le support is down again, merci pour rien",
    "No me gusta the new version, es muy lenta",
    "Me encanta Quillon, is the best app para mi equipo",
    "El weekend was great con los amigos",
    "Non funziona more, che peccato, I want my money",
    "Questo update is very very brutto",
    "O novo app is so good, mas o suporte nao responde",
    "Hoje foi the best day com meus amigos",
    "Den nya versionen is so slow och ingen svarar",
    "Vi har haft it since Monday, det er en god app",
    "Jeg elsker this app, men support er slow",
    "To jest the best app, ale support nie odpowiada",
    "Tato aplikace je the best, ale support nie",
    "Bu uygulama is very good ama destek yok",
    "Ini app the best tapi support tidak ada",
    "Ang app na ito is the best, love it so much",
    "A legjobb app, de a support nem the best",
    "Uusi versio on so slow mutta I love it",
    "Лучший app, I love it so much and you",
    "新しい version is the best and I love it",
    "Θέλω the new version and I want it now",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_plain_english_is_seen_and_the_model_agrees(text: str) -> None:
    assert plainly_english(text)
    # With other letters after it the shortcut does not apply, and the model is asked.
    assert not plainly_english(f"{text} ж")
    assert identify(f"{text} ж") == "en"


@pytest.mark.parametrize("text", FOREIGN)
@pytest.mark.parametrize("plain", [False, True])
def test_other_languages_are_never_plainly_english(text: str, plain: bool) -> None:
    """Neither mixed with English nor typed without their accents."""
    letters = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)) if plain else text
    assert not plainly_english(letters)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "the", "is it so", "Quillon Flow Brimtel Zendora Paper Archive Office Tool Plan", "lol " * 50),
        *("https://x.example/the/and/you/with/this @the @and @you #with #this #that", "42 the 17 19 23 and 11 12 13 14 15"),
        *("a" * 1_000_000, "the" * 300_000, "\ud800 \udfff \x00 \u202e"),
    ],
)
def test_what_is_not_plain_is_left_to_the_model(text: str) -> None:
    assert not plainly_english(text)


def test_only_the_beginning_can_be_plain() -> None:
    assert plainly_english(SAMPLES["en"] * 4 + SAMPLES["de"] * 1000)
    assert not plainly_english(SAMPLES["de"] * 4 + SAMPLES["en"] * 1000)


def test_english_must_be_among_the_choices() -> None:
    assert plainly_english(SAMPLES["en"])
    assert identify(SAMPLES["en"], languages=("de", "nl")) != "en"


@given(st.text(max_size=400))
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert identify(text) in {*LANGUAGES, None}


def test_a_megabyte_is_looked_at_in_no_time() -> None:
    for text in ("the and you " * 90_000, "x" * 1_000_000, "the\u00e9" * 250_000):
        within(0.5, partial(plainly_english, text))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("PT_br", "pt"),
        ("nb", "no"),
        (None, None),
        ("", None),
        ("und", None),
        ("english please", None),
    ],
)
def test_primary_language(stated: str | None, expected: str | None) -> None:
    assert primary(stated) == expected
