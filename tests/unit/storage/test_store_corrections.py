"""Corrections apply at once, outlive recomputation, teach, and go with what they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from listener.core.analysis import Analysis, AspectSentiment, Intent, Label, Level, Noise, Relevance
from listener.core.brand import OPEN_WEB, MatchingPolicy, TargetKind
from listener.core.corrections import HUMAN, NOT_US, Correction, CorrectionKind, Named, Said
from listener.core.errors import StorageError
from listener.core.lessons import NameExample, PhraseRule
from storage.correcting import WrongCount
from storage.correction_tables import corrected_analyses, corrections
from storage.metadata import metadata
from storage.policies import Policies
from storage.store import Retention, Selector, Store
from tests.support.heard import (
    ANALYZER,
    BRAND,
    DAY,
    NOW,
    OFF_TARGET,
    PRAISE,
    about,
    hear,
    judge,
    mention,
    pending,
    sentiment,
    target,
    understand,
)

OURS = Named(BRAND, TargetKind.BRAND, BRAND)
DOUBTFUL = replace(OURS, ambiguous=True)
LATER = NOW + DAY


def correct(
    store: Store, kind: CorrectionKind, value: str, *named: Named, mention_id: int | None = 1, **values: Any
) -> Correction:
    said = Said(kind, value, mention_id, named, values.pop("phrase", None), values.pop("brand", None))
    return store.corrections.correct(said, actor="kim", now=LATER, **values)


def heard(store: Store, analysis: Analysis | None = None) -> None:
    """One mention, understood and judged."""
    hear(store, mention(1, PRAISE))
    understand(store, analysis or about())
    judge(store)
    assert pending(store) == []


def stored(store: Store, mention_id: int = 1) -> Analysis:
    found = store.mentions.show(mention_id)
    assert found is not None
    assert found.analysis is not None
    return found.analysis


# ------------------------------------------------------------------------------------------------------------ at once


def test_a_corrected_sentiment_counts_at_once(any_store: Store) -> None:
    heard(any_store)
    done = correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS, note="irony")
    assert (done.correction_id, done.actor, done.note, done.revision, done.outdated) == (1, "kim", "irony", 1, False)
    assert done.wrong is not None
    assert (done.wrong.engine, done.wrong.version, done.wrong.verdict) == ("vader", "1", "positive")
    assert done.wrong.probability == (0.1, 0.2, 0.7)
    felt = stored(any_store).targets[0].sentiment
    assert (felt.label, felt.engine, felt.version, felt.probability, felt.unsure) == (Label.NEGATIVE, HUMAN, "1", None, False)
    assert felt.evidence == (PRAISE,)
    (job,) = pending(any_store)
    assert [opinion.sentiment.label for opinion in job.opinions] == [Label.NEGATIVE]
    assert any_store.analyses.pending_analyses(ANALYZER, 9) == []


def test_a_later_correction_takes_the_place_of_an_earlier_one(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    second = correct(any_store, CorrectionKind.SENTIMENT, "mixed", OURS)
    assert second.wrong is not None
    assert second.wrong.verdict == "positive"  # the engine's, not the person's before
    assert stored(any_store).targets[0].sentiment.label is Label.MIXED
    assert [one.said.value for one in any_store.corrections.find()] == ["mixed"]
    assert [(one.said.value, one.ended_at) for one in any_store.corrections.find(ended=True)] == [
        ("mixed", None),
        ("negative", LATER),
    ]


def test_what_is_none_of_ours_is_about_nothing(any_store: Store) -> None:
    aspect = AspectSentiment("support", BRAND, "help desk", sentiment())
    heard(any_store, replace(about(intents=[Intent.PRAISE]), aspects=(aspect,), level=Level.HIGH))
    correct(any_store, CorrectionKind.RELEVANCE, "none", OURS)
    analysis = stored(any_store)
    assert (analysis.relevance, analysis.level, analysis.note) == (Relevance.NO_TARGET, None, NOT_US)
    assert (analysis.targets, analysis.intents, analysis.aspects) == ((), (), ())
    assert any_store.mentions.find()[0].about_us is False
    (job,) = pending(any_store)
    assert job.opinions == ()
    any_store.corrections.undo(1, actor="kim", now=LATER)
    assert stored(any_store).aspects == (aspect,)
    assert any_store.mentions.find()[0].about_us is True


def test_what_was_hidden_comes_back(any_store: Store) -> None:
    heard(any_store, replace(about(), level=Level.LOW, noise=Noise.SPAM, note="spam"))
    assert any_store.mentions.find()[0].about_us is False
    correct(any_store, CorrectionKind.RELEVANCE, "high", OURS)
    analysis = stored(any_store)
    assert (analysis.level, analysis.noise, analysis.note) == (Level.HIGH, None, None)
    assert [len(job.opinions) for job in pending(any_store)] == [1]


def test_a_text_in_which_no_target_was_found_is_about_the_one_that_a_person_names(any_store: Store) -> None:
    heard(any_store, OFF_TARGET)
    correct(any_store, CorrectionKind.TARGET, "add", OURS)
    (found,) = stored(any_store).targets
    assert (found.target, found.sentiment.label, found.sentiment.engine) == (BRAND, Label.UNSCORED, HUMAN)
    correct(any_store, CorrectionKind.SENTIMENT, "positive", OURS)
    assert stored(any_store).targets[0].sentiment.label is Label.POSITIVE
    assert any_store.matches.pending_matches("m", 9, {OPEN_WEB.name: OPEN_WEB})


def test_one_of_several_targets_is_taken_out(any_store: Store) -> None:
    product = target(Label.NEGATIVE, kind=TargetKind.PRODUCT)
    heard(any_store, about(target(), product))
    correct(any_store, CorrectionKind.TARGET, "remove", Named(product.target, product.kind, BRAND))
    assert [one.target for one in stored(any_store).targets] == [BRAND]
    correct(any_store, CorrectionKind.TARGET, "remove", OURS)
    assert stored(any_store).relevance is Relevance.NO_TARGET


def test_intents_add_up_and_the_later_counts(any_store: Store) -> None:
    heard(any_store, about(intents=[Intent.QUESTION]))
    done = correct(any_store, CorrectionKind.INTENT, "+praise -question")
    assert done.wrong is not None
    assert done.wrong.verdict == "-praise +question"
    correct(any_store, CorrectionKind.INTENT, "+question +complaint")
    assert stored(any_store).intents == (Intent.PRAISE, Intent.COMPLAINT, Intent.QUESTION)


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda store: None, "There is no mention 1"),
        (lambda store: hear(store, mention(1)), "not understood yet"),
        (lambda store: (heard(store), hear(store, mention(1, "Now something else."))), "not understood yet"),
        (lambda store: (heard(store), store.privacy.prune(NOW + 3000 * DAY, Retention())), "Nothing is kept of mention 1"),
        (lambda store: (heard(store), store.rechecks.save_rechecked([], [1], NOW)), "Nothing is kept of mention 1"),
    ],
    ids=["unknown", "new", "edited", "pruned", "removed"],
)
def test_what_cannot_be_corrected_is_said(any_store: Store, prepare: Any, said: str) -> None:
    prepare(any_store)
    with pytest.raises(StorageError, match=said):
        correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    with pytest.raises(StorageError, match=said):
        any_store.corrections.verdict(1)
    assert any_store.corrections.find(ended=True) == []


# ------------------------------------------------------------------------------------------------- and from then on


def test_a_correction_outlives_a_new_engine_whose_verdict_is_kept(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    newer = target(Label.NEUTRAL, "Other evidence.")
    newer = replace(newer, sentiment=replace(newer.sentiment, engine="target", version="2"))
    understand(any_store, about(newer), fingerprint="analyzer 2")
    felt = stored(any_store).targets[0].sentiment
    assert (felt.label, felt.engine, felt.evidence) == (Label.NEGATIVE, HUMAN, ("Other evidence.",))
    (kept,) = any_store.corrections.find()
    assert kept.wrong is not None
    assert (kept.wrong.engine, kept.wrong.version, kept.wrong.verdict) == ("target", "2", "neutral")
    assert any_store.corrections.counted() == [WrongCount(CorrectionKind.SENTIMENT, "target", "2", "neutral", "negative", 1)]


def test_an_engine_that_learned_is_not_counted(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    assert [one.corrections for one in any_store.corrections.counted()] == [1]
    understand(any_store, about(target(Label.NEGATIVE)), fingerprint="analyzer 2")
    assert any_store.corrections.counted() == []
    understand(any_store, OFF_TARGET, fingerprint="analyzer 3")  # says nothing there: what it said last is kept
    (kept,) = any_store.corrections.find()
    assert kept.wrong is not None
    assert kept.wrong.verdict == "negative"
    assert stored(any_store).targets == ()


def test_an_edited_post_is_not_what_was_corrected(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    hear(any_store, mention(1, "Quillon is fine, really."))
    understand(any_store)
    assert stored(any_store).targets[0].sentiment.engine == "vader"
    (kept,) = any_store.corrections.find()
    assert kept.outdated
    assert list(any_store.corrections.labelled()) == []
    any_store.corrections.undo(kept.correction_id, actor="kim", now=LATER)
    assert stored(any_store).targets[0].sentiment.label is Label.POSITIVE


def test_undone_it_is_as_the_engine_said(any_store: Store) -> None:
    heard(any_store)
    before = stored(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    correct(any_store, CorrectionKind.INTENT, "+praise")
    undone = any_store.corrections.undo(1, actor="lee", now=LATER)
    assert undone.ended_at == LATER
    assert stored(any_store) == replace(before, intents=(Intent.PRAISE,))
    any_store.corrections.undo(2, actor="lee", now=LATER)
    assert stored(any_store) == before
    assert len(pending(any_store)) == 1
    assert [job.mention_id for job in any_store.analyses.pending_analyses(ANALYZER, 9)] == [1]
    with pytest.raises(StorageError, match="has ended already"):
        any_store.corrections.undo(1, actor="lee", now=LATER)
    with pytest.raises(StorageError, match="There is no correction 9"):
        any_store.corrections.undo(9, actor="lee", now=LATER)
    assert any_store.corrections.find() == []
    assert any_store.admin.status().rows["corrected_analyses"] == 0


def test_a_mention_that_was_due_stays_due(any_store: Store) -> None:
    heard(any_store)
    hear(any_store, mention(1, PRAISE, rating=2.0))
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    assert len(any_store.analyses.pending_analyses(ANALYZER, 9)) == 1


# ------------------------------------------------------------------------------------------------------------- lessons


def test_lessons_come_in_the_order_in_which_they_were_given(any_store: Store) -> None:
    hear(any_store, mention(1, PRAISE), mention(2, "The quillon of a sword.", title=None), mention(3))
    understand(any_store, about(), about(), about())
    correct(any_store, CorrectionKind.PHRASE, "positive", mention_id=None, phrase="sick")
    correct(any_store, CorrectionKind.PHRASE, "negative", mention_id=None, phrase="sick", brand=BRAND)
    correct(any_store, CorrectionKind.PHRASE, "neutral", mention_id=None, phrase="killer")
    correct(any_store, CorrectionKind.PHRASE, "neutral", mention_id=None, phrase="sick")
    correct(any_store, CorrectionKind.RELEVANCE, "none", DOUBTFUL, mention_id=2)
    correct(any_store, CorrectionKind.RELEVANCE, "high", DOUBTFUL)
    correct(any_store, CorrectionKind.RELEVANCE, "low", DOUBTFUL, mention_id=3)
    lessons = any_store.corrections.lessons()
    assert lessons.phrases == (
        PhraseRule("sick", Label.NEGATIVE, BRAND),
        PhraseRule("killer", Label.NEUTRAL),
        PhraseRule("sick", Label.NEUTRAL),
    )
    assert lessons.names == (
        NameExample(BRAND, "The quillon of a sword.", False),
        NameExample(BRAND, f"Title 1\n\n{PRAISE}", True),
    )
    assert any_store.corrections.lessons() == lessons
    hear(any_store, mention(2, "Edited since.", title=None))
    assert [example.means_us for example in any_store.corrections.lessons().names] == [True]


def test_labelled_data_are_what_may_be_kept(any_store: Store) -> None:
    any_store.corrections._policies = Policies(
        {
            OPEN_WEB.name: OPEN_WEB,
            "forum": MatchingPolicy("forum", may_quote=False),
            "x": MatchingPolicy("x", honour_deletion=True),
        }
    )
    for number, policy in ((1, OPEN_WEB.name), (2, "forum"), (3, "x"), (4, "gone"), (5, OPEN_WEB.name)):
        hear(any_store, mention(number, PRAISE if number == 1 else ""), policy=policy)
    understand(any_store)
    for number in range(1, 6):
        correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS, mention_id=number)
    found = list(any_store.corrections.labelled())
    assert [one and one.mention_id for one in found] == [1, None, None, None, 5]
    assert found[0] is not None
    assert (found[0].text, found[0].name, found[0].label, found[0].source) == (
        f"Title 1\n\n{PRAISE}",
        "Quillon",
        Label.NEGATIVE,
        "blogs",
    )
    any_store.privacy.erase_person(Selector(platform="rss", handle="writer1"), NOW)
    assert [one and one.mention_id for one in any_store.corrections.labelled()] == [None, None, None, 5]
    correct(any_store, CorrectionKind.RELEVANCE, "none", mention_id=5)
    assert list(any_store.corrections.labelled()) == [None, None, None]
    correct(any_store, CorrectionKind.RELEVANCE, "high", mention_id=5)
    assert [one and one.mention_id for one in any_store.corrections.labelled()] == [None, None, None, 5]
    correct(any_store, CorrectionKind.TARGET, "remove", OURS, mention_id=5)
    assert list(any_store.corrections.labelled()) == [None, None, None]


# ------------------------------------------------------------------------------------------------- gone with the mention


def _rows(store: Store, table: Any) -> list[Any]:
    with store._database.read() as connection:
        return list(connection.execute(select(table)))


def test_an_erasure_takes_corrections_with_it_and_says_how_many(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS, note="about Ada")
    exported: Any = any_store.privacy.export_person(Selector(author_id=1))
    assert exported["corrections"][0]["note"] == "about Ada"
    erased = any_store.privacy.erase_person(Selector(author_id=1), NOW)
    assert erased.rows["corrections"] == 1
    assert _rows(any_store, corrections) == _rows(any_store, corrected_analyses) == []


def test_retention_leaves_the_fact_without_the_words(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS, note="about Ada")
    any_store.privacy.prune(NOW + 3000 * DAY, Retention())
    (row,) = _rows(any_store, corrections)
    assert (row.value, row.verdict, row.note) == ("negative", "positive", "")
    assert _rows(any_store, corrected_analyses) == []
    assert any_store.corrections.lessons().names == ()
    assert list(any_store.corrections.labelled()) == []
    any_store.corrections.undo(row.id, actor="kim", now=LATER)  # nothing to bring back, and nothing breaks


def test_a_post_that_its_author_removed_leaves_no_correction(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    any_store.rechecks.save_rechecked([], [1], NOW)
    assert _rows(any_store, corrections) == _rows(any_store, corrected_analyses) == []


# ------------------------------------------------------------------------------------------------------ what is outdated


def test_what_is_outdated_is_counted_and_paged_through(any_store: Store) -> None:
    hear(any_store, *(mention(number) for number in range(1, 8)))
    understand(any_store, about(), OFF_TARGET)
    hear(any_store, mention(8))
    any_store.rechecks.save_rechecked([], [7], NOW)
    assert any_store.outdated.count(ANALYZER) == type(any_store.outdated.count(ANALYZER))(outdated=0, new=1, gone=1)
    for fingerprint in ("a newer one", "zz"):
        count = any_store.outdated.count(fingerprint)
        assert (count.outdated, count.new, count.gone) == (6, 1, 1)
        found, after = [], 0
        while page := any_store.outdated.page(fingerprint, after, 4, NOW):
            found += page
            after = page[-1].job.mention_id
        assert [one.job.mention_id for one in found] == [1, 2, 3, 4, 5, 6]
        assert [one.stored.relevance for one in found] == [Relevance.ABOUT] + 5 * [Relevance.NO_TARGET]
        assert found[0].stored == about()
    assert any_store.outdated.page(ANALYZER, 0, 9, NOW) == []


def test_what_would_be_stored_has_the_corrections(any_store: Store) -> None:
    heard(any_store)
    correct(any_store, CorrectionKind.SENTIMENT, "negative", OURS)
    (page,) = any_store.outdated.page("another", 0, 9, NOW)
    before = [_rows(any_store, table) for table in metadata.sorted_tables]
    ((_, analysis),) = any_store.outdated.corrected([(page.job, about(target(Label.NEUTRAL)))])
    assert analysis.targets[0].sentiment.label is Label.NEGATIVE
    assert [_rows(any_store, table) for table in metadata.sorted_tables] == before


def test_unconfirmed_posts_are_withheld(any_store: Store) -> None:
    any_store.outdated._policies = Policies({"x": MatchingPolicy("x", honour_deletion=True)})
    hear(any_store, mention(1), policy="x")
    understand(any_store)
    assert [one.withheld for one in any_store.outdated.page("another", 0, 9, NOW)] == [None]
    (late,) = any_store.outdated.page("another", 0, 9, NOW + timedelta(hours=25))
    assert "withheld" in (late.withheld or "")
