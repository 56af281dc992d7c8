"""What corrections teach about an ambiguous name: nothing without them, a little from a few, and never an exception."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.analysis import Analysis, AnalysisJob, Level, Relevance
from listener.core.brand import ListeningRule, Target, TargetKind
from listener.core.lessons import Lessons, NameExample
from nlp.ambiguity import FEWEST, NameLessons, learn, surroundings
from nlp.analyzer import ListeningAnalyzer, build_analyzer
from tests.support.spending import within

PAGES = Target("quillon/pages", TargetKind.PRODUCT, "quillon", "Pages", ambiguous=True, context=("publish",))
RULE = ListeningRule("quillon", (PAGES, Target("quillon", TargetKind.BRAND, "quillon", "Quillon")))

US = [
    "The export in Pages is broken, my invoice looks wrong",
    "Cannot log in to Pages since the update",
    "The templates of Pages save me an hour a day",
    "pages crashes when I export an invoice",
]
OTHERS = [
    "Pages of a novel by candle light",
    "The novel has nine hundred pages and a sad end",
    "I tore two pages out of the novel",
    "Pages and pages of poems, what a novel",
    "They publish a novel every year, with far too many Pages",
    "Poems on nine Pages, and nobody wants to publish them",
]


def examples(us: list[str], others: list[str]) -> tuple[NameExample, ...]:
    return tuple(NameExample(PAGES.key, text, text in us) for text in [*us, *others])


def taught(us: list[str], others: list[str]) -> ListeningAnalyzer:
    return build_analyzer([RULE], "vader", lessons=Lessons(names=examples(us, others)))


def analyze(analyzer: ListeningAnalyzer, text: str, title: str | None = None) -> Analysis:
    (analysis,) = analyzer.analyze([AnalysisJob(1, 1, title, text, "en")])
    return analysis


@pytest.fixture(scope="module")
def plain() -> ListeningAnalyzer:
    return build_analyzer([RULE], "vader")


@pytest.fixture(scope="module")
def wise() -> ListeningAnalyzer:
    return taught(US, OTHERS)


def test_it_finds_what_the_context_words_miss(plain: ListeningAnalyzer, wise: ListeningAnalyzer) -> None:
    text = "The invoice export in Pages looks wrong again"
    assert analyze(plain, text).relevance is Relevance.AMBIGUOUS
    analysis = analyze(wise, text)
    assert (analysis.relevance, analysis.level, analysis.counts) == (Relevance.ABOUT, Level.MEDIUM, True)
    assert [target.target for target in analysis.targets] == [PAGES.key]
    assert '"Pages" is ambiguous; it counts by what corrections taught: ' in (analysis.note or "")
    assert '"invoice"' in (analysis.note or "") or '"export"' in (analysis.note or "")


def test_it_overrules_a_context_word(plain: ListeningAnalyzer, wise: ListeningAnalyzer) -> None:
    text = "They publish a novel with nine hundred Pages of poems, what a sad end"
    assert analyze(plain, text).counts
    analysis = analyze(wise, text)
    assert (analysis.relevance, analysis.level, analysis.counts) == (Relevance.AMBIGUOUS, Level.LOW, False)
    assert "corrections taught" in (analysis.note or "")
    assert '"novel"' in (analysis.note or "")


def test_it_reads_small_letters_once_it_knows_the_name(plain: ListeningAnalyzer, wise: ListeningAnalyzer) -> None:
    text = "cannot export my invoice in pages since the update"
    assert analyze(plain, text).relevance is Relevance.AMBIGUOUS
    assert analyze(wise, text).targets[0].alias == "pages"
    assert not analyze(wise, "the novel has a hundred pages").counts


def test_what_it_is_not_sure_of_is_as_without_it(plain: ListeningAnalyzer, wise: ListeningAnalyzer) -> None:
    for text in ("Pages, said the weather man", "We publish Pages", "Pages!", "pages", "Pages and Quillon"):
        assert analyze(wise, text) == analyze(plain, text), text


def test_a_sure_name_of_the_same_target_needs_no_lesson() -> None:
    target = Target("q", TargetKind.BRAND, "q", "Pages", handles=("@pages",), ambiguous=True)
    lessons = Lessons(names=tuple(NameExample("q", text, False) for text in OTHERS))
    analyzer = build_analyzer([ListeningRule("q", (target,))], "vader", lessons=lessons)
    assert analyze(analyzer, "the novel by @pages, Pages of poems").level is Level.HIGH


def test_a_text_that_people_judged_follows_them(plain: ListeningAnalyzer) -> None:
    ours, theirs = "Pages is red", "We publish Pages"
    assert not analyze(plain, ours).counts
    assert analyze(plain, theirs).counts
    analyzer = taught([ours], [theirs])
    for text in (ours, "  pages IS\nred "):
        assert (analyze(analyzer, text).relevance, analyze(analyzer, text).level) == (Relevance.ABOUT, Level.HIGH)
    refused = analyze(analyzer, theirs)
    assert (refused.relevance, refused.level) == (Relevance.AMBIGUOUS, Level.LOW)
    assert "a person said" in (refused.note or "")


def test_a_judged_text_is_known_with_its_title_and_by_its_beginning(plain: ListeningAnalyzer) -> None:
    long = "Pages is red. " + "The weather is fine. " * 300
    analyzer = taught(["Red\n\nPages is red", long[:5000]], [])
    assert not analyze(plain, long).counts
    assert analyze(analyzer, long).counts
    assert analyze(analyzer, "Pages is red", title="Red").counts
    assert not analyze(analyzer, "Pages is red").counts


def test_the_last_word_on_a_text_holds() -> None:
    names = (NameExample(PAGES.key, "Pages is red", False), NameExample(PAGES.key, "Pages is red", True))
    assert analyze(build_analyzer([RULE], "vader", lessons=Lessons(names=names)), "Pages is red").counts


def test_too_few_examples_teach_nothing() -> None:
    assert learn([({"word:a": "a"}, True)] * (FEWEST - 1)) is None
    assert learn([({}, True)] * 10) is None
    text = "The invoice export in Pages looks wrong again"
    assert not analyze(taught(US[:1], OTHERS[:1]), text).counts


def test_lessons_about_others_change_nothing(plain: ListeningAnalyzer) -> None:
    names = tuple(NameExample(key, text, True) for key in ("quillon", "gone") for text in OTHERS)
    analyzer = build_analyzer([RULE], "vader", lessons=Lessons(names=names))
    for text in (*US, *OTHERS, "Quillon of a novel"):
        assert analyze(analyzer, text) == analyze(plain, text)


def test_the_same_examples_make_the_same_model_and_others_another_analyzer(plain: ListeningAnalyzer) -> None:
    rows = [(surroundings(text, ["Pages"]), text in US) for text in [*US, *OTHERS]]
    assert learn(rows) == learn(list(rows))
    assert len({plain.fingerprint, taught(US, OTHERS).fingerprint, taught(US, OTHERS[:2]).fingerprint}) == 3
    assert taught(US, OTHERS).fingerprint == taught(US, OTHERS).fingerprint


def test_what_stands_around_a_name() -> None:
    assert surroundings("nothing of the kind", ["Pages"]) == {}
    assert surroundings("Homepages", ["Pages"]) == {}
    assert surroundings("anything", []) == {}
    found = surroundings("My boss's sister tore a pages-long letter from Tom Pages", ["Pages"])
    assert {"lower", "thing", "before:a", "after:long", "word:bos", "in-name", "word:sister"} <= set(found)
    assert found["word:bos"] == '"boss"'
    assert "tag" in surroundings("a #pages tag", ["Pages"])
    assert "caps" in surroundings("WHO READS PAGES", ["Pages"])
    assert "own" in surroundings("we read Pages", ["Pages"])
    assert "start" in surroundings("We read. Pages is fine", ["Pages"])


@pytest.mark.parametrize("target", ["quill", "harbor"])
def test_on_the_labelled_set_corrections_help(target: str) -> None:
    path = Path(__file__).parents[3] / "benchmarks" / "data" / "relevance.jsonl"
    rows = [row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if row["target"] == target]
    brand = Target(target, TargetKind.BRAND, target, target.capitalize(), ambiguous=True)

    def right(number: int) -> float:
        """The share of right verdicts on one half of the texts, with so many of the other half known."""
        names = [NameExample(target, row["text"], row["about"]) for row in rows[::2]][:number]
        analyzer = build_analyzer([ListeningRule(target, (brand,))], "vader", lessons=Lessons(names=tuple(names)))
        done = analyzer.analyze([AnalysisJob(i, 1, None, row["text"], "en") for i, row in enumerate(rows[1::2])])
        return sum(one.counts is row["about"] for one, row in zip(done, rows[1::2], strict=True)) / len(done)

    assert len(rows) >= 120
    assert right(0) < 0.55
    assert right(len(rows)) > 0.8


ANYTHING = st.lists(
    st.sampled_from(["Pages", "pages", "PAGES", "#Pages", "@pages", "a", "the", "Tom", "novel", "export", ".", "\n", "'s",
                     "\ud800", "\x00", "\u200b", "\u202e", "İ", "ß", "e\u0301", "👍", "日本", "x" * 300]) | st.text(max_size=8),
    max_size=30,
).map(" ".join)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(ANYTHING, st.booleans()), max_size=8), ANYTHING, st.booleans())
def test_any_examples_and_any_text_are_fine(rows: list[tuple[str, bool]], text: str, context: bool) -> None:
    known = [NameExample(PAGES.key, said, means) for said, means in rows]
    lessons = NameLessons((PAGES,), known, lambda _, said: "novel" in said)
    opinion = lessons.opinion(0, text, context=context)
    assert opinion is None or (0.5 < opinion.probability <= 1 and opinion.words)
    if rows:
        assert lessons.told(0, [rows[-1][0]]) is rows[-1][1]


@pytest.mark.parametrize("text", ["Pages " * 170_000, "x" * 1_000_000, "Pages" + " " * 1_000_000, "#pages\n" * 140_000])
def test_a_megabyte_takes_no_time(text: str) -> None:
    lessons = NameLessons((PAGES,), examples(US, OTHERS), lambda _, __: False)
    within(2, lambda: lessons.opinion(0, text, context=False))
