"""The analyzer reads the sample as a careful reader does, but for misses that are known by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.loader import load as load_settings
from listener.core.analysis import Analysis, AnalysisJob, Intent, Level, Relevance
from listener.core.brand import TargetKind
from listener.sample.build import write_demo
from listener.sample.content import load
from nlp.analyzer import build_analyzer

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
EXPECTED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "sample_expected.json").read_text(encoding="utf-8"))
KNOWN_MISSES = {
    "c05": {"neutral"},  # "which works well for us" in the middle of a question; the engine says that it is unsure
    "c08": {"neutral", "positive"},  # an advert of our own: the product is praised, the brand only named
    "f07": {"neutral"},  # our own apology for a failure
    "b1": {"neutral", "positive"},  # an essay that praises the brand; toward one product it is unsure
}


@pytest.fixture(scope="module")
def analyses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Analysis]:
    settings = load_settings(write_demo(tmp_path_factory.mktemp("demo"), "http://127.0.0.1:9", NOW), {})
    analyzer = build_analyzer([brand.rule for brand in settings.brands()])
    posts = [post for posts in load(NOW).posts.values() for post in posts]
    jobs = [AnalysisJob(number, 1, post.title, post.text, post.language) for number, post in enumerate(posts)]
    return dict(zip((post.id for post in posts), analyzer.analyze(jobs), strict=True))


def labels(analysis: Analysis) -> set[str]:
    """The labels toward the brand and its products."""
    return {found.sentiment.label.value for found in analysis.targets if found.kind is not TargetKind.COMPETITOR}


def test_posts_about_the_brand_are_told_from_those_about_swords(analyses: dict[str, Analysis]) -> None:
    about = {post_id for post_id, analysis in analyses.items() if analysis.relevance is Relevance.ABOUT}
    assert about == {post_id for post_id, expected in EXPECTED["mentions"].items() if expected["about"]}
    rivals = {post_id for post_id in about if not labels(analyses[post_id])}
    assert rivals == {post_id for post_id, expected in EXPECTED["mentions"].items() if expected["about"] == "competitor"}
    assert analyses["b5"].relevance is Relevance.EXCLUDED
    assert analyses["m33"].relevance is Relevance.AMBIGUOUS


def test_sentiment_is_what_a_reader_would_say(analyses: dict[str, Analysis]) -> None:
    found = {post_id: labels(analysis) for post_id, analysis in analyses.items() if analysis.noise is None}
    expected = {post_id: {said["label"]} - {None} for post_id, said in EXPECTED["mentions"].items()}
    assert {post_id: found[post_id] for post_id in found if found[post_id] != expected[post_id]} == KNOWN_MISSES


def test_what_misleads_a_lexicon_does_not_mislead_the_engine(analyses: dict[str, Analysis]) -> None:
    """VADER counts a holiday and an approval as something nice, and our apology as praise."""
    assert [labels(analyses[post_id]) for post_id in ("f17", "k05", "k03")] == [{"neutral"}, {"neutral"}, {"negative"}]


def test_noise_is_recognised_and_nothing_else_is_taken_for_it(analyses: dict[str, Analysis]) -> None:
    noise = {post_id: expected["noise"] for post_id, expected in EXPECTED["mentions"].items() if "noise" in expected}
    assert {post_id: analysis.noise.value for post_id, analysis in analyses.items() if analysis.noise} == noise
    assert all(analyses[post_id].level is Level.LOW and not analyses[post_id].counts for post_id in noise)


def test_topics_are_found_in_what_is_said_of_the_brand(analyses: dict[str, Analysis]) -> None:
    found = {post_id: {aspect.aspect for aspect in analyses[post_id].aspects} for post_id in ("f10", "f11", "f04", "f01")}
    assert found == {"f10": {"pricing"}, "f11": set(), "f04": {"mobile-signing"}, "f01": set()}


def test_the_competitor_has_sentiment_of_its_own(analyses: dict[str, Analysis]) -> None:
    rival = {
        post_id: [found.sentiment.label.value for found in analyses[post_id].targets if found.kind is TargetKind.COMPETITOR]
        for post_id in ("c07", "f21", "m25", "m29")
    }
    assert rival == {"c07": ["negative"], "f21": ["positive"], "m25": ["negative"], "m29": ["positive"]}


@pytest.mark.parametrize(
    ("post_id", "intent"),
    [
        ("c03", Intent.RECOMMENDS),
        ("n03", Intent.RECOMMENDS),
        ("m30", Intent.RECOMMENDS),
        ("f08", Intent.SWITCHED_TO),
        ("k06", Intent.LEAVING),
        ("f06", Intent.QUESTION),
        ("c06", Intent.QUESTION),
    ],
)
def test_what_people_do_is_found(analyses: dict[str, Analysis], post_id: str, intent: Intent) -> None:
    assert intent in analyses[post_id].intents
