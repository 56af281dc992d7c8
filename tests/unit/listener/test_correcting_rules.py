"""What a person may say of a mention or a phrase, and what an ambiguous name learns from it."""

from __future__ import annotations

import pytest

from listener.core.analysis import Analysis, Label, Relevance, Sentiment, TargetSentiment
from listener.core.brand import Brand, ListeningRule, Target, TargetKind
from listener.core.errors import ConfigError
from listener.correcting import Feeling, Meaning, on_phrase, on_relevance, on_target
from nlp.passages import named_places

PRODUCT = TargetKind.PRODUCT
TARGETS = (
    Target("quillon", TargetKind.BRAND, "quillon", "Quillon", aliases=("Quillon Cloud",)),
    Target("quillon/flow", PRODUCT, "quillon", "Flow", ambiguous=True),
    Target("quillon/sign", PRODUCT, "quillon", "Sign", ambiguous=True),
)
OTHER = Target("velmont", TargetKind.BRAND, "velmont", "Velmont Pages")
BRANDS = (
    Brand("quillon", "Quillon", ListeningRule("quillon", TARGETS)),
    Brand("velmont", "Velmont Pages", ListeningRule("velmont", (OTHER,))),
)
NOTHING = Analysis(Relevance.NO_TARGET, "en")


def about(*keys: str) -> Analysis:
    felt = Sentiment(Label.NEUTRAL, 0.0, "vader", "1")
    found = tuple(TargetSentiment(one.key, one.kind, one.brand, felt, one.name) for one in TARGETS if one.key in keys)
    return Analysis(Relevance.ABOUT, "en", found)


def taught(level: str, analysis: Analysis, text: str, target: str | None = None) -> list[str]:
    return [one.target for one in on_relevance(1, level, target, analysis, BRANDS, text, named_places).named]


@pytest.mark.parametrize("level", ["high", "medium", "low"])
def test_what_is_about_us_teaches_nothing_of_other_common_words(level: str) -> None:
    assert taught(level, about("quillon"), "Quillon is fine; I went with the flow and did sign up.") == ["quillon"]
    assert taught(level, about("quillon/flow"), "Flow is fine, I did sign up.") == ["quillon/flow"]
    assert taught(level, NOTHING, "Going with the flow.") == ["quillon/flow"]
    assert taught(level, NOTHING, "Going with the flow, did sign up.", "quillon/sign") == ["quillon/sign"]


def test_what_is_not_about_us_teaches_all_of_them() -> None:
    found = taught("none", about("quillon"), "A quillon of a sword; I went with the flow and did sign up.")
    assert found == ["quillon", "quillon/flow", "quillon/sign"]
    assert taught("none", NOTHING, "nothing") == []


def test_which_of_several_names_is_meant_must_be_said() -> None:
    with pytest.raises(ConfigError, match="one of: quillon/flow, quillon/sign"):
        taught("high", NOTHING, "Going with the flow, did sign up.")
    with pytest.raises(ConfigError, match="nothing in mention 1 tells"):
        taught("high", NOTHING, "nothing")


def test_nothing_can_be_removed_where_there_is_nothing() -> None:
    with pytest.raises(ConfigError, match="mention 1 is about none of your targets; nothing to remove"):
        on_target(1, "quillon", False, NOTHING, BRANDS)
    with pytest.raises(ConfigError, match="one of: quillon"):
        on_target(1, "quillon/flow", False, about("quillon"), BRANDS)


@pytest.mark.parametrize(
    "phrase", ["quillon", "QUILLON", "cloud", "pages", "Velmont  Pages", "flow", "#Quillon", "quillon-killer"]
)
def test_names_are_no_phrases(phrase: str) -> None:
    with pytest.raises(ConfigError, match="names are never touched"):
        on_phrase(phrase, Label.NEGATIVE, None, BRANDS)


def test_words_near_names_are_phrases() -> None:
    for phrase in ("go with the flow", "page", "clouds", "signs", "sick"):
        assert on_phrase(phrase, Label.NEGATIVE, None, BRANDS).phrase == phrase
    assert on_phrase("pages", Label.NEGATIVE, "quillon", BRANDS).brand == "quillon"  # a name of the other brand


def test_only_what_can_be_said_is_offered() -> None:
    assert {*Feeling} == {*Label} - {Label.UNSCORED}
    assert {*Meaning} == {Label.POSITIVE, Label.NEUTRAL, Label.NEGATIVE}
