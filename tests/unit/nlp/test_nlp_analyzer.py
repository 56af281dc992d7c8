"""The analyzer as the pipeline uses it: batches, evidence, quoted text, long pages, failures, memory."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from listener.core.analysis import Analysis, AnalysisJob, Intent, Label, Relevance, Sentiment
from listener.core.brand import ListeningRule, Target, TargetKind
from listener.core.errors import EngineError
from nlp.analyzer import ENGINES, ListeningAnalyzer, build_analyzer
from nlp.engines import Said
from nlp.sentences import english
from nlp.vader import Vader
from tests.support.spending import within

RULE = ListeningRule(
    "quillon",
    (
        Target("quillon", TargetKind.BRAND, "quillon", "Quillon", handles=("@quillon",), domains=("quillon.example",)),
        Target("quillon/flow", TargetKind.PRODUCT, "quillon", "Quillon Flow"),
        Target("quillon/pages", TargetKind.PRODUCT, "quillon", "Pages", ambiguous=True, context=("publish",)),
        Target("brimtel", TargetKind.COMPETITOR, "quillon", "Brimtel"),
    ),
    exclusions=("quillon sword",),
)


def job(text: str, title: str | None = None, language: str | None = None, number: int = 1) -> AnalysisJob:
    return AnalysisJob(number, 1, title, text, language)


@pytest.fixture(scope="module")
def analyzer() -> ListeningAnalyzer:
    return build_analyzer([RULE])


def analyze(analyzer: ListeningAnalyzer, text: str, title: str | None = None, language: str | None = "en") -> Analysis:
    (analysis,) = analyzer.analyze([job(text, title, language)])
    return analysis


def only(analysis: Analysis) -> Sentiment:
    (target,) = analysis.targets
    return target.sentiment


# ------------------------------------------------------------------------------------------------ what a text says


def test_each_target_has_its_own_sentiment(analyzer: ListeningAnalyzer) -> None:
    analysis = analyze(analyzer, "Quillon Flow is great. Brimtel is horrible. Quillon opens at nine.")
    assert {t.target: t.sentiment.label for t in analysis.targets} == {
        "quillon/flow": Label.POSITIVE,
        "brimtel": Label.NEGATIVE,
        "quillon": Label.NEUTRAL,
    }
    assert {t.target: t.sentiment.evidence for t in analysis.targets}["brimtel"] == ("Brimtel is horrible.",)


def test_contrast_within_one_sentence(analyzer: ListeningAnalyzer) -> None:
    analysis = analyze(analyzer, "Brimtel is horrible but Quillon is great")
    assert {t.target: t.sentiment.label for t in analysis.targets} == {"brimtel": Label.NEGATIVE, "quillon": Label.POSITIVE}


def test_quoted_words_are_not_the_author_s(analyzer: ListeningAnalyzer) -> None:
    analysis = analyze(analyzer, "> Quillon is horrible, awful, bad\n\nQuillon is great!")
    assert only(analysis).label is Label.POSITIVE


def test_a_repost_is_heard_but_not_scored(analyzer: ListeningAnalyzer) -> None:
    analysis = analyze(analyzer, "RT @someone: I love Quillon and recommend it")
    assert analysis.relevance is Relevance.ABOUT
    assert analysis.intents == ()
    assert only(analysis).label is Label.UNSCORED
    assert "repost" in (only(analysis).reason or "")
    assert only(analysis).evidence == ("RT @someone: I love Quillon and recommend it",)


def test_other_languages_are_unscored_and_shown(analyzer: ListeningAnalyzer) -> None:
    text = "Die neue Version von Quillon ist leider sehr langsam, und niemand antwortet."
    analysis = analyze(analyzer, text, language=None)
    assert analysis.language == "de"
    assert only(analysis).label is Label.UNSCORED
    assert only(analysis).evidence == (text,)


def test_a_title_is_a_sentence(analyzer: ListeningAnalyzer) -> None:
    analysis = analyze(analyzer, "It is a wonderful tool.", title="Quillon at work")
    assert only(analysis).label is Label.POSITIVE
    assert only(analysis).evidence == ("Quillon at work", "It is a wonderful tool.")


@pytest.mark.parametrize(
    "title",
    ["Re: Quillon is horrible", "Comment on Quillon is horrible by A", "Quillon is gr…", "RT @a: Quillon is horrible", " "],
)
def test_titles_that_are_not_own_words_are_left_out(analyzer: ListeningAnalyzer, title: str) -> None:
    analysis = analyze(analyzer, "Quillon is great, says me", title=title)
    assert only(analysis).label is Label.POSITIVE
    assert only(analysis).evidence == ("Quillon is great, says me",)


def test_a_short_post_is_one_train_of_thought(analyzer: ListeningAnalyzer) -> None:
    assert only(analyze(analyzer, "Tried Quillon today.\n\nHorrible.")).label is Label.NEGATIVE


def test_a_long_page_is_judged_by_the_sentences_about_us(analyzer: ListeningAnalyzer) -> None:
    filler = "The food was horrible and the weather awful, we hated it. " * 4
    page = "\n".join([filler] * 100 + ["Quillon is a great and lovely tool."] + [filler] * 100)
    sentiment = only(analyze(analyzer, page))
    assert sentiment.label is Label.POSITIVE
    assert sentiment.evidence == ("Quillon is a great and lovely tool.",)


def test_below_the_title_of_a_long_page_the_first_lines_go_on_about_it(analyzer: ListeningAnalyzer) -> None:
    page = "It is a great and lovely tool.\n" + "\n".join(["The food was horrible and we hated it."] * 50)
    assert only(analyze(analyzer, page, title="Quillon after a year")).label is Label.POSITIVE


def test_intents_come_with_it(analyzer: ListeningAnalyzer) -> None:
    assert analyze(analyzer, "Moved to Quillon. Highly recommend it!").intents == (Intent.RECOMMENDS, Intent.SWITCHED_TO)


def test_a_text_without_a_name_goes_by_its_stated_language(analyzer: ListeningAnalyzer) -> None:
    assert analyze(analyzer, "nothing of ours", language="DE-at") == Analysis(Relevance.NO_TARGET, "de")


# ------------------------------------------------------------------------------------------------ batches and failures


def test_a_batch_keeps_its_order_and_equals_its_parts(analyzer: ListeningAnalyzer) -> None:
    texts = ["Quillon is great", "", "nothing", "Quillon is bad", "a quillon sword", "\x00\ud800 Quillon", "Quillon " * 3000]
    jobs = [job(text, number=i) for i, text in enumerate(texts)]
    assert analyzer.analyze(jobs) == [analyzer.analyze([one])[0] for one in jobs]
    assert analyzer.analyze([]) == []


class Breaking(Vader):
    """An engine that breaks on some texts; the message holds the text, as careless libraries' messages do."""

    def score_passages(self, items: Sequence[Said]) -> list[Sentiment]:
        for said in items:
            if "secret" in said.passages[0].sentence:
                raise RuntimeError(said.passages[0].sentence)
        return super().score_passages(items)


class Dead(Vader):
    def score_passages(self, items: Sequence[Said]) -> list[Sentiment]:
        raise EngineError("the model is damaged")

    def score_many(self, items: Iterable[tuple[str, str | None]]) -> Iterator[Sentiment]:
        raise EngineError("the model is damaged")


def test_one_failing_text_costs_only_itself() -> None:
    analyzer = build_analyzer([RULE])
    analyzer._engine = Breaking()
    with capture_logs() as logs:
        good, bad, miss = analyzer.analyze([job("Quillon is great"), job("A secret about Quillon", number=7), job("secret")])
    assert only(good).label is Label.POSITIVE
    assert miss.relevance is Relevance.NO_TARGET
    assert bad.relevance is Relevance.ABOUT
    assert (only(bad).label, only(bad).reason) == (Label.UNSCORED, "the analysis failed (RuntimeError)")
    assert bad.targets[0].alias == "Quillon"
    (line,) = logs
    assert (line["action"], line["mention_id"], line["error"]) == ("analysis_failed", 7, "RuntimeError")
    assert line["at"].startswith("test_nlp_analyzer.py:")
    assert "secret" not in str(logs)


def test_an_engine_that_cannot_work_stops_the_run() -> None:
    analyzer = build_analyzer([RULE])
    analyzer._engine = Dead()
    with pytest.raises(EngineError, match="damaged"):
        analyzer.analyze([job("Quillon is great")])
    with pytest.raises(EngineError, match="qq"):
        build_analyzer([RULE], languages=["qq"]).analyze([job("Quillon is a tool that we have in our office")])
    with pytest.raises(EngineError, match="nope"):
        build_analyzer([RULE], engine="nope")


WORDS = st.sampled_from(
    ["Quillon", "Quillon Flow", "Brimtel", "Pages", "@quillon", "quillon.example", "is great", "is awful", ".", "!", "\n", "\n\n",
     "> ", "but", "than", "On Mon, A wrote:", "RT @a:", "quillon sword", "don’t", "İstanbul", "ß", "👍", "e\u0301",
     "a" * 700, "\ud800", "?"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25).map(" ".join), st.none() | st.lists(WORDS, max_size=4).map(" ".join))
def test_any_text_gets_a_consistent_verdict(text: str, title: str | None) -> None:
    analysis = analyze(SHARED, text, title)
    assert (analysis.relevance is Relevance.ABOUT) == bool(analysis.targets)
    assert "failed" not in (analysis.note or "")
    for found in analysis.targets:
        everything = f"{title}\n\n{text}"
        assert found.alias in everything
        assert all(sentence in everything for sentence in found.sentiment.evidence)
        assert (found.sentiment.reason is not None) == (found.sentiment.label is Label.UNSCORED)


SHARED = build_analyzer([RULE])


def test_threads_may_share_an_analyzer() -> None:
    analyzer = build_analyzer([RULE])
    batches = [[job(f"Quillon number{i}x{j} is {'great' if i % 2 else 'awful'}") for j in range(20)] for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        labels = [{only(one).label for one in done} for done in pool.map(analyzer.analyze, batches)]
    assert labels == [{Label.POSITIVE if i % 2 else Label.NEGATIVE} for i in range(8)]


# ------------------------------------------------------------------------------------------------ as a part of the program


def test_the_fingerprint_follows_whatever_could_change_a_verdict(analyzer: ListeningAnalyzer) -> None:
    other = replace(RULE, exclusions=())
    assert analyzer.fingerprint == build_analyzer([RULE]).fingerprint
    assert len({a.fingerprint for a in (analyzer, build_analyzer([other]), build_analyzer([RULE], languages=["en", "de"]))}) == 3


def test_no_languages_means_the_default_ones() -> None:
    assert build_analyzer([RULE], languages=()).fingerprint == build_analyzer([RULE]).fingerprint


def test_it_can_be_sent_to_another_process(analyzer: ListeningAnalyzer) -> None:
    copy = pickle.loads(pickle.dumps(analyzer))
    assert copy.fingerprint == analyzer.fingerprint
    assert copy.analyze([job("Quillon is great")]) == analyzer.analyze([job("Quillon is great")])


def test_engines_are_named() -> None:
    assert ENGINES == ("target", "vader")


def test_new_words_are_not_kept(analyzer: ListeningAnalyzer) -> None:
    """spaCy keeps every word it ever saw, outside a memory zone."""
    chance = random.Random(1)

    def texts() -> list[AnalysisJob]:
        return [job(" ".join(["Quillon", *(f"w{chance.getrandbits(60):x}" for _ in range(50))])) for _ in range(50)]

    analyzer.analyze(texts())
    before = len(english().vocab.strings)
    analyzer.analyze(texts())
    assert len(english().vocab.strings) == before


@pytest.mark.parametrize(
    "line",
    [
        "Quillon is great. ",
        "Quillon is great\n",
        "Quillon ",
        "word ",
        "(Quillon",
        "@quillon,",
        "Pages ",
        "Quillon " + "!" * 1_900 + "\n",
    ],
)
def test_200_kb_take_about_a_second(analyzer: ListeningAnalyzer, line: str) -> None:
    text = (line * 200_000)[:200_000]
    within(6, lambda: analyze(analyzer, text))


def test_imports_are_cheap_and_misses_never_need_spacy() -> None:
    script = """
import sys
from listener.core.analysis import AnalysisJob
from listener.core.brand import ListeningRule, Target, TargetKind
import nlp.analyzer, nlp.engines, nlp.intent, nlp.language, nlp.text
heavy = {"spacy", "numpy", "py3langid", "vaderSentiment"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
analyzer = nlp.analyzer.build_analyzer([ListeningRule("q", (Target("q", TargetKind.BRAND, "q", "Quillon"),))])
analyzer.analyze([AnalysisJob(1, 1, None, "nothing of ours in here", None)])
assert not {"spacy", "py3langid"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
