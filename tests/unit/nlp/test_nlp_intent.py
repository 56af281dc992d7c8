"""The truth table of intents: what people write, and what they do by it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.analysis import AnalysisJob, Intent
from listener.core.brand import ListeningRule, Target, TargetKind
from nlp.analyzer import ListeningAnalyzer, build_analyzer
from nlp.intent import intents_many
from nlp.intent_notation import needed_words, token_pattern
from nlp.intent_opinions import RESULTS, USES
from nlp.intent_rules import RULES

RULE = ListeningRule(
    "quillon",
    (
        Target("quillon", TargetKind.BRAND, "quillon", "Quillon", handles=("@quillon",)),
        Target("quillon/flow", TargetKind.PRODUCT, "quillon", "Quillon Flow"),
        Target("brimtel", TargetKind.COMPETITOR, "quillon", "Brimtel"),
    ),
)

TABLE = [
    # recommends
    ("I recommend Quillon.", "recommends"),
    ("I'd highly recommend Quillon Flow to anyone.", "recommends"),
    ("Highly recommend Quillon", "recommends"),
    ("We definitely recommend using Quillon for invoices", "recommends"),
    ("Quillon saved my week. Would recommend!", "recommends praise"),
    ("Moved all my notes into Quillon, highly recommended.", "recommends switched-to"),
    ("Quillon is solid. I would recommend it to everyone.", "recommends praise"),
    ("I've recommended Quillon to all my clients", "recommends"),
    ("I can't recommend Quillon enough", "recommends"),
    ("I cannot recommend it highly enough, Quillon is a joy", "recommends praise"),
    ("You can't go wrong with Quillon", "recommends"),
    ("you should definitely try Quillon", "recommends"),
    # … and what only looks like it
    ("I would not recommend Quillon", ""),
    ("I wouldn't recommend Quillon to anyone", ""),
    ("I wouldn’t recommend Quillon to anyone", ""),
    ("I can't recommend Quillon", ""),
    ("I could never recommend Quillon in good conscience", ""),
    ("Nobody I know would recommend Quillon", ""),
    ("I recommend avoiding Quillon", ""),
    ("I'd recommend against Quillon", ""),
    ("I would recommend Quillon if it worked offline", ""),
    ("I wish I could recommend Quillon", ""),
    ("I used to recommend Quillon", ""),
    ("It is hard to recommend Quillon these days", ""),
    ("Quillon was highly recommended by a friend, let's see", ""),
    ("Quillon is fine, but I recommend Brimtel", ""),
    ("I recommend Brimtel over Quillon", ""),
    ("You should not try Quillon", ""),
    ("Would you recommend Quillon?", "question"),
    # question
    ("Does Quillon sync on Linux?", "question"),
    ("Anyone know how to export from Quillon", "question"),
    ("@quillon how do I change my e-mail address?", "question"),
    ("Hi folks, is Quillon Flow included in the free plan?", "question"),
    ("I am wondering if Quillon supports markdown", "question"),
    ("Started with Quillon today. Where do I find the templates?", "question"),
    ("Why is Quillon always so slow?", "complaint"),
    ("Quillon changed the logo. Who cares?", ""),
    ("Quillon wants 90 a month, are you kidding?", ""),
    ("Quillon raised prices. Seriously?", ""),
    ("I asked what Quillon is.", ""),
    # comparison
    ("Quillon is faster than Brimtel", "comparison"),
    ("Brimtel is much better than Quillon", "comparison"),
    ("Quillon vs Brimtel, a long read", "comparison"),
    ("Quillon is cheaper than Zendora by far", "comparison"),
    ("I prefer Quillon over Brimtel", "comparison"),
    ("Compared to Brimtel, Quillon feels light", "comparison"),
    ("Quillon or Brimtel for a small team?", "question comparison"),
    ("Unlike Brimtel, Quillon has an export", "comparison"),
    ("Quillon is better than ever", ""),
    ("Quillon costs more than I thought", ""),
    ("More than happy with Quillon", "praise"),
    # switched to
    ("We switched to Quillon last month", "switched-to"),
    ("We've switched from Brimtel to Quillon", "switched-to"),
    ("Just moved our whole team over to Quillon", "switched-to"),
    ("I finally ditched Brimtel for Quillon", "switched-to"),
    ("Our team has migrated to Quillon Flow", "switched-to"),
    ("we are now moving everything to Quillon", "switched-to"),
    ("We went with Quillon in the end", "switched-to"),
    ("We never switched to Quillon", ""),
    ("I haven't switched to Quillon yet", ""),
    ("I might switch to Quillon", "buying"),
    ("We are considering moving to Quillon", "buying"),
    ("I regret that we switched to Quillon", "complaint"),
    ("Should we have switched to Quillon?", "question"),
    ("My bank switched to Quillon", ""),
    # leaving
    ("We switched from Quillon to Brimtel", "leaving"),
    ("I'm moving away from Quillon", "leaving"),
    ("Finally moved off Quillon", "leaving"),
    ("Ditched Quillon for something simpler", "leaving"),
    ("Just cancelled my Quillon subscription", "leaving"),
    ("Cancelling our account, Quillon", "leaving"),
    ("I'm done with Quillon", "leaving"),
    ("We are looking for an alternative to Quillon", "leaving"),
    ("Quillon got slow so we moved to Brimtel", "complaint leaving"),
    ("We won't be renewing, Quillon", "leaving"),
    ("I am not leaving Quillon for Brimtel", ""),
    ("I left Quillon last year to study", ""),
    ("How do I cancel my Quillon subscription?", "question"),
    ("We didn't switch from Quillon to Brimtel", ""),
    # problem
    ("Quillon crashes every morning", "problem"),
    ("Quillon doesn't sync any more", "problem"),
    ("Quillon doesn’t open since the update", "problem"),
    ("Quillon is down again", "problem"),
    ("I keep getting an error in Quillon Flow", "problem"),
    ("Quillon keeps freezing on my laptop", "problem"),
    ("Using Quillon since May. It stopped working yesterday.", "problem"),
    ("Quillon lost my data", "problem"),
    ("Wrote to Quillon twice, they never replied", "complaint problem"),
    ("Having trouble with Quillon today", "problem"),
    ("Why does Quillon keep crashing", "problem"),
    ("Quillon never crashes", ""),
    ("No bugs in Quillon so far", ""),
    ("Quillon fixed the bug within a day", ""),
    ("Zero problems with Quillon", ""),
    ("Quillon is a crash course in good design", ""),
    ("Quillon is down to earth", ""),
    ("Does Quillon crash on Linux?", "question"),
    ("Quillon has never failed to impress", ""),
    ("Brimtel crashes, Quillon never does", ""),
    ("Quillon 4 is the name of our gym's new trainer", ""),
    # praise
    ("Quillon is brilliant", "praise"),
    ("Thanks for the quick help, @quillon!", "praise"),
    ("The team loves Quillon", ""),
    ("Loving Quillon so far", "praise"),
    ("Great, Quillon is down again", "complaint problem"),
    ("Thanks for nothing, Quillon", "complaint"),
    ("Quillon would be great if it had an export", ""),
    ("I'd love to see an export in Quillon", ""),
    ("Quillon is not great", ""),
    ("Quillon is too good to be true", ""),
    ("He says Quillon is great", ""),
    # complaint
    ("Quillon is a mess", "complaint"),
    ("Awful support from Quillon.", "complaint"),
    ("So disappointed with Quillon", "complaint"),
    ("Quillon charged me twice", "complaint"),
    ("Quillon raised prices. This is ridiculous!", "complaint"),
    ("Quillon is not bad", ""),
    ("No complaints about Quillon", ""),
    ("I hate when I have Quillon but not my charger", ""),
    ("Terrible weather. Stayed in with Quillon.", ""),
    # cancellation
    ("If this is not fixed we are leaving, Quillon", "cancellation"),
    ("I'm about to cancel Quillon", "cancellation"),
    ("Thinking about cancelling our Quillon account", "cancellation"),
    ("We are considering moving away from Quillon", "cancellation"),
    ("One more crash and I'm gone, Quillon", "cancellation"),
    ("@quillon fix it or we will take our business elsewhere", "cancellation"),
    ("I'm not thinking of leaving Quillon", ""),
    ("He might cancel Quillon", ""),
    ("If you cancel Quillon you get your money back", ""),
    ("I want to go see the Quillon booth", ""),
    # buying
    ("We want to buy Quillon for the team", "buying"),
    ("How much is Quillon for 20 users?", "question buying"),
    ("Very interested in Quillon Flow, booked a demo", "buying"),
    ("Signing up for Quillon today", "buying"),
    ("Need five more seats, @quillon", "buying"),
    ("We are not interested in Quillon", ""),
    ("Quillon is buying a rival", ""),
    ("Are you interested in Quillon lessons?", "question"),
    # testimonial
    ("Quillon saved us two days a month", "praise testimonial"),
    ("We cut our invoicing from five days to one with Quillon", "praise testimonial"),
    ("I have used Quillon for six years and it is brilliant", "praise testimonial"),
    ("I have used Quillon for six years", ""),
    ("I have used Quillon for six years and it is awful", "complaint"),
    ("She saved two days a month, says Quillon", ""),
    # several
    ("I switched from Brimtel to Quillon and highly recommend it. Best move!", "praise switched-to"),
    ("Moved to Quillon in May. Highly recommend it!", "recommends switched-to"),
    ("Quillon crashes daily. Is anyone else seeing this?", "question problem"),
]  # fmt: skip


@pytest.fixture(scope="module")
def analyzer() -> ListeningAnalyzer:
    return build_analyzer([RULE])


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_truth_table(analyzer: ListeningAnalyzer, text: str, expected: str) -> None:
    (analysis,) = analyzer.analyze([AnalysisJob(1, 1, None, text, "en")])
    assert {intent.value for intent in analysis.intents} == set(expected.split())


def test_intents_need_one_of_ours(analyzer: ListeningAnalyzer) -> None:
    """What people do with a rival alone is no intent toward us."""
    (analysis,) = analyzer.analyze([AnalysisJob(1, 1, None, "I recommend Brimtel. Does it crash?", "en")])
    assert [target.target for target in analysis.targets] == ["brimtel"]
    assert analysis.intents == ()


def test_intents_of_plain_items_keep_their_order() -> None:
    items = [
        ("I recommend Quillon", "Quillon"),
        ("nothing to see", None),
        ("Highly recommend it. Does it run on Linux?", None),
        ("I would not recommend it", None),
        ("", "Quillon"),
        ("We switched to @Quillon", "Quillon"),
    ]
    assert list(intents_many(items)) == [
        (Intent.RECOMMENDS,),
        (),
        (Intent.RECOMMENDS, Intent.QUESTION),
        (),
        (),
        (Intent.SWITCHED_TO,),
    ]


def test_only_sentences_about_the_target_count() -> None:
    text = "My bank is awful. Its app crashes daily.\nQuillon is fine."
    assert list(intents_many([(text, "Quillon"), (text, None)])) == [(), (Intent.PROBLEM,)]


@pytest.mark.parametrize("written", ["<unknown>", "..x", "a*", "?"])
def test_a_slip_in_a_pattern_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"token of a pattern|no such group"):
        token_pattern(written)


def test_notation() -> None:
    assert token_pattern("OURS ..2-RIVAL go|went? <it>*3") == [
        {"ENT_TYPE": "OURS"},
        {"IS_PUNCT": False, "OP": "{0,2}", "ENT_TYPE": {"NOT_IN": ["RIVAL"]}},
        {"LOWER": {"IN": ["go", "went"]}, "OP": "?"},
        {"LOWER": {"IN": ["it", "them", "this", "these", "enough"]}, "OP": "{0,3}"},
    ]


HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from("\ud800\u200b\u202e\x00?!. Q")), max_size=120)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.lists(st.one_of(HOSTILE, st.sampled_from([row[0] for row in TABLE])), max_size=4),
                          st.one_of(st.none(), HOSTILE, st.just("Quillon"))), max_size=4))  # fmt: skip
def test_no_text_breaks_it(items: list[tuple[list[str], str | None]]) -> None:
    texts = [(" ".join(parts), target) for parts, target in items]
    found = list(intents_many(texts))
    assert len(found) == len(texts)
    assert found == [next(intents_many([one])) for one in texts]


def test_a_megabyte_in_one_line_and_five_hundred_names() -> None:
    texts = [("x" * 1_000_000, "Quillon"), ("Quillon crashes. " * 500, "Quillon"), ("? " * 50_000, None), ("\ud800", None)]
    assert list(intents_many(texts))[1] == (Intent.PROBLEM,)


def test_every_pattern_can_be_read_and_needs_a_word() -> None:
    written = [one for rule in RULES for one in (*rule.patterns, *rule.unless)]
    assert all(needed_words(token_pattern(one)) for one in [*written, *RESULTS, *USES])


def test_every_intent_has_a_rule() -> None:
    assert {rule.intent for rule in RULES} | {Intent.QUESTION, Intent.TESTIMONIAL} == set(Intent)
