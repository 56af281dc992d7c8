"""What every sentiment engine owes its callers. A new engine is added to ``nlp.engines`` and gets these for free."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator

import pytest

from listener.core.analysis import Label
from listener.core.errors import EngineError
from nlp.engines import ENGINES, Engine, load_engine, unscored
from nlp.passages import Passage

ITEMS: list[tuple[str, str | None]] = [
    ("Quillon is a great and lovely tool for everybody in our team", "Quillon"),
    ("Quillon is a horrible and useless tool for everybody in our team", "Quillon"),
    ("The office of Quillon opens at nine", "Quillon"),
    ("This is a great and lovely tool for everybody in our team", None),
    ("This is a horrible and useless tool for everybody in our team", None),
    ("", None),
    ("", "Quillon"),
    ("   \n\n  ", "Quillon"),
    ("Quillon", "Quillon"),
    ("nothing of that name in here, I love it", "Quillon"),
    ("a\x00b\ud800c \u202e great", None),
    ("a\x00b\ud800c Quillon is \u202e great", "Quillon"),
    ("word " * 5_000, "word"),
    ("(((((((((", "("),
    ("%s %d {} {0} \\1 great", "%s"),
    ("great", ""),
]
POLAR = {Label.POSITIVE: 1, Label.NEGATIVE: -1}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(request.param)


def test_it_says_who_it_is(engine: Engine) -> None:
    assert engine.name in ENGINES
    assert engine.version


def test_one_result_for_each_item_in_order(engine: Engine) -> None:
    results = list(engine.score_many(ITEMS))
    alone = [next(engine.score_many([item])) for item in ITEMS]
    assert results == alone
    assert [result.label for result in results[:2]] == [Label.POSITIVE, Label.NEGATIVE]
    assert [result.label for result in results[3:5]] == [Label.POSITIVE, Label.NEGATIVE]


def test_order_holds_over_many_items(engine: Engine) -> None:
    many = [(f"This is a {'great' if i % 3 else 'horrible'} tool, number {i}, for everybody", None) for i in range(500)]
    labels = [result.label for result in engine.score_many(many)]
    assert labels == [Label.POSITIVE if i % 3 else Label.NEGATIVE for i in range(500)]


def test_labels_scores_and_reasons_agree(engine: Engine) -> None:
    for result in engine.score_many(ITEMS):
        assert -1 <= result.score <= 1
        assert math.isfinite(result.score)
        assert (result.engine, result.version) == (engine.name, engine.version)
        assert (result.reason is not None) == (result.label is Label.UNSCORED)
        if result.label in POLAR:
            assert result.score * POLAR[result.label] > 0
        if result.label is Label.UNSCORED:
            assert result.score == 0
        if result.probability is not None:
            assert sum(result.probability) == pytest.approx(1)


def test_texts_without_content_are_unscored(engine: Engine) -> None:
    for result in engine.score_many([("", None), ("", "Quillon"), (" \n\t ", None)]):
        assert result.label is Label.UNSCORED
        assert result.reason


def test_evidence_is_verbatim(engine: Engine) -> None:
    for (text, _), result in zip(ITEMS, engine.score_many(ITEMS), strict=True):
        assert all(sentence and sentence in text for sentence in result.evidence)


def test_items_are_taken_lazily(engine: Engine) -> None:
    """An endless stream must not be read to its end."""

    def endless() -> Iterator[tuple[str, str | None]]:
        while True:
            yield "This is a great tool for everybody", None

    results = engine.score_many(endless())
    assert next(results).label is Label.POSITIVE


def test_results_are_plain_values(engine: Engine) -> None:
    results = list(engine.score_many(ITEMS))
    assert pickle.loads(pickle.dumps(results)) == results


def test_passages_of_an_unreadable_language_are_unscored_but_shown(engine: Engine) -> None:
    passage = Passage("ᚠᚢᚦ Quillon", 4, 11)
    result = engine.score_passages([passage], "xx")
    assert result.label is Label.UNSCORED
    assert result.evidence == ("ᚠᚢᚦ Quillon",)


def test_passages_lead_to_one_verdict(engine: Engine) -> None:
    passages = [Passage("I love Quillon.", 7, 14), Passage("Quillon is wonderful.", 0, 7, following=("It is great.",))]
    result = engine.score_passages(passages, "en")
    assert result.label is Label.POSITIVE
    assert result.evidence
    assert engine.score_passages([], "en").label is Label.UNSCORED


def test_unscored_helper(engine: Engine) -> None:
    assert unscored(engine, "why").reason == "why"


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(EngineError, match="'nope' is not known; choose one of: vader"):
        load_engine("nope")
