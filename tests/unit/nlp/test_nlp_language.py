"""Languages are named only where the text shows them; a source's claim fills the gaps."""

from __future__ import annotations

import pytest

from listener.core.errors import EngineError
from nlp.language import LANGUAGES, identify, primary

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
