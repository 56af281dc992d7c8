"""Levels, noise and topics are kept, what a window was about is counted, and what was hidden is shown as its terms allow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from listener.core.analysis import Analysis, AspectSentiment, Label, Level, Noise, Relevance
from listener.core.brand import MatchingPolicy, TargetKind
from listener.core.mention import Author
from listener.core.messages import Message
from listener.core.telling import AMBIGUOUS, UNIMPORTANT, UNKNOWN_LANGUAGE, DigestFacts, TopicFacts, Utterance
from listener.core.terms import X
from storage.store import Selector, Store, open_store
from tests.support.heard import (
    ANALYZER,
    BRAND,
    DAY,
    HOUR,
    NOW,
    ONE_OF_US,
    PEPPER,
    about,
    hear,
    identify,
    mention,
    pending,
    sentiment,
    sqlite_url,
    target,
    understand,
)

SILENT = MatchingPolicy("silent", may_quote=False)
AMBIGUOUS_NAME = Analysis(Relevance.AMBIGUOUS, "en", note="no context", level=Level.LOW)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, sqlite_file: Path) -> Iterator[Store]:
    """A store of a configuration that has X, and a source that does not let us quote."""
    url = sqlite_url(sqlite_file) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_store(url, now=NOW, pepper=PEPPER, policies={X.name: X, SILENT.name: SILENT}) as opened:
        yield opened


def topic(name: str, label: Label = Label.NEGATIVE, toward: str = BRAND) -> AspectSentiment:
    return AspectSentiment(name, toward, f"the {name}", sentiment(label))


def noise(kind: Noise = Noise.JOB_AD) -> Analysis:
    return replace(about(), level=Level.LOW, noise=kind, note=f"a reason for {kind}")


def window(store: Store) -> DigestFacts:
    return store.digests.digest_facts(NOW - HOUR, NOW)


def test_what_was_understood_is_kept_whole(store: Store) -> None:
    hear(store, mention(1), mention(2), mention(3))
    topics = (topic("billing"), topic("support", Label.UNSCORED))
    given = [replace(about(), level=Level.MEDIUM, aspects=topics), noise(Noise.BOT), about()]
    understand(store, *given)
    shown = [store.mentions.show(number) for number in (1, 2, 3)]
    assert [one.analysis for one in shown if one] == given
    assert [one.mention.about_us for one in shown if one] == [True, False, True]


def test_a_new_analysis_takes_the_place_of_the_former_topics(store: Store) -> None:
    hear(store, mention(1))
    understand(store, replace(about(), aspects=(topic("billing"), topic("support"))))
    understand(store, replace(about(), aspects=(topic("search"),)), fingerprint="analyzer 2")
    shown = store.mentions.show(1)
    assert shown is not None
    assert shown.analysis is not None
    assert [aspect.aspect for aspect in shown.analysis.aspects] == ["search"]


def test_noise_is_no_opinion_but_is_kept(store: Store) -> None:
    hear(store, mention(1), mention(2))
    understand(store, about(), noise())
    assert [opinion.mention_id for job in pending(store) for opinion in job.opinions] == [1]
    assert window(store).mentions == 1
    assert [found.text for found in store.mentions.find()] == [mention(2).text, mention(1).text]


def test_topics_are_counted_by_brand_and_label(store: Store) -> None:
    hear(store, *(mention(number) for number in range(1, 6)))
    flow = target(kind=TargetKind.PRODUCT)
    understand(
        store,
        replace(about(), aspects=(topic("billing"), topic("support", Label.POSITIVE))),
        replace(about(), aspects=(topic("billing"),)),
        replace(about(target(), flow), aspects=(topic("billing", Label.NEUTRAL, flow.target),)),
        replace(noise(), aspects=(topic("billing"),)),
        replace(about(target(brand="other", key="other")), aspects=(topic("billing", toward="other"),)),
    )
    assert window(store).topics == (
        TopicFacts("other", "billing", {Label.NEGATIVE: 1}),
        TopicFacts(BRAND, "billing", {Label.NEGATIVE: 2, Label.NEUTRAL: 1}),
        TopicFacts(BRAND, "support", {Label.POSITIVE: 1}),
    )


def test_our_own_side_and_history_are_no_topic(store: Store) -> None:
    hear(store, mention(1, by="ours"), mention(2))
    hear(store, mention(3, published_at=NOW - 9 * DAY), news_since=NOW - DAY)
    understand(store, replace(about(), aspects=(topic("billing"),)))
    identify(store, {"ours": ONE_OF_US})
    assert window(store).topics == (TopicFacts(BRAND, "billing", {Label.NEGATIVE: 1}),)
    assert [said.author_id for said in window(store).texts] == [2]


def test_texts_are_the_authors_own_english_and_a_story_once(store: Store) -> None:
    texts = (("One. " * 9).strip(), "Zwei, drei und vier.", "Five.", "Nothing of ours.")
    hear(store, *(mention(number, said) for number, said in enumerate(texts, 1)))
    hear(store, mention(5, "Not to be quoted."), policy=SILENT.name)
    german = replace(about(), language="de")
    elsewhere = Analysis(Relevance.NO_TARGET, "en")
    understand(store, about(), german, about(target(Label.NEGATIVE)), elsewhere, about())
    assert window(store).texts == (
        Utterance(1, ("One. " * 9).strip(), Label.POSITIVE),
        Utterance(3, "Five.", Label.NEGATIVE),
    )


def test_what_was_hidden_is_counted_by_reason_and_one_of_each_is_shown(store: Store) -> None:
    hear(store, *(mention(number, said) for number, said in enumerate(("Job A.", "Job B.", "Sword.", "Prize.", "Fine."), 1)))
    ads = [noise(), noise(), AMBIGUOUS_NAME, noise(Noise.GIVEAWAY), about()]
    understand(store, *ads)
    facts = window(store)
    assert facts.hidden == {Noise.JOB_AD: 2, AMBIGUOUS: 1, Noise.GIVEAWAY: 1}
    assert [(post.mention_id, post.reason) for post in facts.hidden_sample] == [
        (3, AMBIGUOUS),
        (4, Noise.GIVEAWAY),
        (2, Noise.JOB_AD),
    ]
    assert facts.hidden_sample[0].text == "Title 3 · Sword."
    assert facts.hidden_sample[0].url == "https://blog.example/post-3"


def test_what_somebody_called_unimportant_is_hidden_too(store: Store) -> None:
    hear(store, mention(1))
    understand(store, replace(about(), level=Level.LOW))
    assert window(store).hidden == {UNIMPORTANT: 1}


def test_hidden_posts_are_quoted_as_their_terms_allow(store: Store) -> None:
    hear(store, mention(1), policy=SILENT.name, source="a")
    hear(store, mention(2, origin="x", platform="x"), policy=X.name, source="x", now=NOW - 2 * DAY + HOUR / 2)
    understand(store, noise())
    silent, gone = sorted(store.digests.digest_facts(NOW - 3 * DAY, NOW).hidden_sample, key=lambda post: post.mention_id)
    assert (silent.text, silent.url, silent.may_quote) == ("", "https://blog.example/post-1", False)
    assert (gone.text, gone.url, gone.may_quote) == ("", None, False)


def _tell(store: Store, *mention_ids: int) -> None:
    posts = [{"mention_id": number, "text": "words", "url": None} for number in mention_ids]
    data = {"people": [], "hidden": {"number": 9, "reasons": ["9 job ads"], "posts": posts}}
    mail = Message("d1", "mail", "kim", "S", "T", None, NOW)
    store.digests.save_digest("mail:kim", NOW.date(), NOW - DAY, NOW, json.dumps(data), [mail], NOW)


def _told(store: Store) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.digests.saved_digest("mail:kim", NOW.date()) or "")["hidden"]
    return found


def test_an_erasure_takes_a_hidden_post_out_of_told_digests(store: Store) -> None:
    hear(store, mention(1, by="ada"), mention(2))
    understand(store, noise())
    _tell(store, 1, 2)
    erased = store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW)
    assert ([post["mention_id"] for post in _told(store)["posts"]], _told(store)["number"]) == ([2], 9)
    assert len(erased.digests) == 1
    assert erased.messages_withdrawn == 1


def test_a_post_that_is_gone_at_its_source_is_taken_out_too(store: Store) -> None:
    hear(store, mention(1, platform="x", origin="x"), mention(2, platform="x", origin="x"), policy=X.name, source="x")
    understand(store, noise())
    _tell(store, 1, 2)
    assert [post.mention_id for post in store.rechecks.due_rechecks("x", NOW + DAY, 9)] == [1, 2], "what was shown is checked"
    store.rechecks.save_rechecked([2], [1], NOW + DAY)
    assert [post["mention_id"] for post in _told(store)["posts"]] == [2]


def test_a_digest_without_that_sample_is_left_as_it_is(store: Store) -> None:
    hear(store, mention(1, by="ada"))
    understand(store)
    store.digests.save_digest("mail:kim", NOW.date(), NOW - DAY, NOW, '{"day": 1}', [], NOW)
    assert store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW).digests == ()
    assert store.digests.saved_digest("mail:kim", NOW.date()) == '{"day": 1}'


def test_what_is_only_counted_does_not_count_noise(sqlite_file: Path) -> None:
    counts = MatchingPolicy("counts", counts_only=True)
    with open_store(sqlite_url(sqlite_file), now=NOW, pepper=PEPPER, policies={"counts": counts}) as store:
        hear(store, mention(1), mention(2), policy="counts")
        jobs = store.analyses.pending_analyses(ANALYZER, 9)
        store.analyses.save_analyses(list(zip(jobs, [about(), noise()], strict=True)), ANALYZER, NOW)
        assert window(store).mentions == 1


LONG = "The billing page of Quillon lost our invoice again and nobody in support could tell where it went, so we pay twice."


def test_a_story_is_one_opinion_however_often_it_is_copied(store: Store) -> None:
    hear(store, *(mention(number, LONG, title=None) for number in (1, 2, 3)), mention(4, by="other"))
    understand(store, replace(about(target(Label.NEGATIVE)), aspects=(topic("billing"),)))
    facts = window(store)
    assert (facts.mentions, facts.stories) == (4, 2)
    assert sum(facts.labels.values()) == 2
    assert facts.topics == (TopicFacts(BRAND, "billing", {Label.NEGATIVE: 2}),)


def test_verdicts_in_doubt_are_counted_as_such(store: Store) -> None:
    hear(store, *(mention(number) for number in range(1, 4)))
    doubtful = AspectSentiment("billing", BRAND, "the bill", sentiment(Label.NEGATIVE, unsure=True))
    toward = replace(target(), sentiment=sentiment(Label.NEGATIVE, unsure=True))
    understand(
        store,
        replace(about(toward), aspects=(doubtful,)),
        replace(about(toward, target(Label.POSITIVE, brand="other", key="other")), aspects=(topic("billing"), doubtful)),
        replace(about(target(Label.UNSCORED)), aspects=(topic("billing", Label.UNSCORED),)),
    )
    facts = window(store)
    assert facts.topics == (TopicFacts(BRAND, "billing", {Label.NEGATIVE: 1, Label.UNSCORED: 1}, unsure=1),)
    assert (facts.mentions, facts.unsure, facts.unscored) == (3, 1, 1)
    assert facts.labels == {Label.POSITIVE: 1, Label.UNSCORED: 1}


def test_what_only_lacks_a_language_is_hidden_under_its_own_words(store: Store) -> None:
    hear(store, mention(1, "Quillon ⭐"))
    understand(store, Analysis(Relevance.EXCLUDED, None, note="its language is not known", level=Level.LOW))
    facts = window(store)
    assert facts.hidden == {UNKNOWN_LANGUAGE: 1}


def test_a_job_has_the_authors_handle_and_name(store: Store) -> None:
    hear(store, mention(1), mention(2, author=Author(display_name="Ada Lind")))
    jobs = store.analyses.pending_analyses("x", 10)
    assert [(job.author, job.author_name) for job in jobs] == [("writer1", "writer1 (name)"), (None, "Ada Lind")]
