"""Which targets a text names: the truth table of names, handles, domains, exclusions and ambiguous words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from listener.core.analysis import Analysis, AnalysisJob, Level, Relevance
from listener.core.brand import ListeningRule, Target, TargetKind
from listener.query import QueryError
from nlp.analyzer import ListeningAnalyzer, build_analyzer
from nlp.relevance import LONG, in_passing

QUILLON = ListeningRule(
    "quillon",
    (
        Target(
            "quillon",
            TargetKind.BRAND,
            "quillon",
            "Quillon",
            aliases=("Quillon Inc", "QLN!", "Kwillon"),
            handles=("@quillon", "quillon_help"),
            domains=("quillon.example",),
        ),
        Target("quillon/flow", TargetKind.PRODUCT, "quillon", "Quillon Flow", aliases=("Q-Flow",)),
        Target(
            "quillon/pages",
            TargetKind.PRODUCT,
            "quillon",
            "Pages",
            aliases=("Pages Editor",),
            ambiguous=True,
            context=("publish", "web site"),
        ),
        Target("quillon/strasse", TargetKind.PRODUCT, "quillon", "Straßenplaner"),
        Target("brimtel", TargetKind.COMPETITOR, "quillon", "Brimtel", handles=("brimtel",), domains=("brimtel.example",)),
    ),
    exclusions=("quillon sword", "fencing"),
)
OTHER = ListeningRule(
    "brimtel-side",
    (
        Target("brimtel-side/brimtel", TargetKind.BRAND, "brimtel-side", "Brimtel"),
        Target("brimtel-side/harbor", TargetKind.PRODUCT, "brimtel-side", "Harbor", ambiguous=True, context=("crm",)),
    ),
)

NAMED = [
    ("I like Quillon", "quillon:Quillon"),
    ("I like QUILLON and quillon", "quillon:QUILLON"),
    ("Quillon's editor", "quillon:Quillon"),
    ("Quillon’s editor", "quillon:Quillon"),
    ("(Quillon), “Quillon”", "quillon:Quillon"),
    ("#Quillon rocks", "quillon:Quillon"),
    ("a Quillon-powered site, ex-Quillon", "quillon:Quillon"),
    ("Quillon/Brimtel", "quillon:Quillon brimtel:Brimtel"),
    ("Quillon+Brimtel", "quillon:Quillon brimtel:Brimtel"),
    ("Quillon!!!1", "quillon:Quillon"),
    ("**Quillon** and _Quillon_", "quillon:Quillon"),
    ("love Quillon👍", "quillon:Quillon"),
    ("I left.Quillon stayed", "quillon:Quillon"),
    ("Quillon.It works", "quillon:Quillon"),
    ("at Kwillon", "quillon:Kwillon"),
    ("buy QLN! today", "quillon:QLN!"),
    ("Quillonite and aquillon", ""),
    ("Quil lon", ""),
    ("nothing of the kind", ""),
    # products, and the brand inside their names
    ("Quillon Flow is out", "quillon/flow:Quillon Flow"),
    ("#QuillonFlow is out", "quillon/flow:QuillonFlow"),
    ("Quillon-Flow is out", "quillon/flow:Quillon-Flow"),
    ("QuillonFlow is out", ""),
    ("Q-Flow is out", "quillon/flow:Q-Flow"),
    ("Quillon Flow by Quillon", "quillon/flow:Quillon Flow quillon:Quillon"),
    ("Quillon Inc files", "quillon:Quillon Inc"),
    ("der STRASSENPLANER", "quillon/strasse:STRASSENPLANER"),
    # handles
    ("@quillon help", "quillon:@quillon"),
    ("hey @Quillon!", "quillon:@Quillon"),
    (".@quillon_help.", "quillon:@quillon_help"),
    ("@quillon@social.example", "quillon:@quillon@social.example"),
    ("@quillonista and @not_quillon and @ex-quillon", ""),
    # domains
    ("see https://quillon.example/pricing?x=1", "quillon:https://quillon.example/pricing?x=1"),
    ("see blog.quillon.example", "quillon:blog.quillon.example"),
    ("see https://notquillon.example", ""),
    ("see https://quillon.example.evil.example/", ""),
    ("see https://news.example/quillon-raises-money", ""),
    ("write to bob@quillon.example", ""),
    ("write to quillon@mail.example", ""),
]


def analyze(analyzer: ListeningAnalyzer, text: str, title: str | None = None) -> Analysis:
    (analysis,) = analyzer.analyze([AnalysisJob(1, 1, title, text, "en")])
    return analysis


def found(analysis: Analysis) -> list[str]:
    return [f"{target.target}:{target.alias}" for target in analysis.targets]


@pytest.fixture(scope="module")
def one() -> ListeningAnalyzer:
    return build_analyzer([QUILLON], "vader")


@pytest.fixture(scope="module")
def both() -> ListeningAnalyzer:
    return build_analyzer([QUILLON, OTHER], "vader")


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_names(one: ListeningAnalyzer, text: str, expected: str) -> None:
    analysis = analyze(one, text)
    assert " ".join(found(analysis)) == expected
    assert analysis.relevance is (Relevance.ABOUT if expected else Relevance.NO_TARGET)
    assert (analysis.level, analysis.note) == (Level.HIGH if expected else None, None)


@pytest.mark.parametrize(
    ("text", "relevance"),
    [
        ("I tore two pages out", Relevance.AMBIGUOUS),
        ("PAGES over pages", Relevance.AMBIGUOUS),
        ("Pages of a book", Relevance.AMBIGUOUS),
        ("Pages is how we publish now", Relevance.ABOUT),
        ("Made a web site with Pages", Relevance.ABOUT),
        ("We publish a hundred pages", Relevance.AMBIGUOUS),
        ("Pages is better than Brimtel", Relevance.ABOUT),
        ("Pages, by @quillon", Relevance.ABOUT),
        ("Pages, see quillon.example", Relevance.ABOUT),
        ("The Pages Editor is new", Relevance.ABOUT),
        ("we republished Pages", Relevance.AMBIGUOUS),
    ],
)
def test_an_ambiguous_name_needs_its_capitals_and_support(one: ListeningAnalyzer, text: str, relevance: Relevance) -> None:
    analysis = analyze(one, text)
    assert analysis.relevance is relevance
    if relevance is Relevance.AMBIGUOUS:
        assert (analysis.targets, analysis.level) == ((), Level.LOW)
        assert '"Pages" was found, but' in (analysis.note or "")
    else:
        assert "quillon/pages" in {target.target for target in analysis.targets}


def test_the_note_tells_capitals_from_context(one: ListeningAnalyzer) -> None:
    assert "capitals" in (analyze(one, "some pages").note or "")
    assert "context words" in (analyze(one, "Pages again").note or "")


def test_a_title_or_a_quotation_can_give_the_context(one: ListeningAnalyzer) -> None:
    assert analyze(one, "Pages is fine", title="How we publish").relevance is Relevance.ABOUT
    assert analyze(one, "> how do you publish?\n\nPages is fine").relevance is Relevance.ABOUT


@pytest.mark.parametrize(
    "text", ["A Quillon sword for sale", "Quillon is a part of a sword. #fencing", "Fencing with @quillon and Brimtel"]
)
def test_exclusions_win(one: ListeningAnalyzer, text: str) -> None:
    analysis = analyze(one, text)
    assert analysis.relevance is Relevance.EXCLUDED
    assert analysis.targets == ()
    assert "excluded for quillon: it contains" in (analysis.note or "")


def test_an_exclusion_without_a_name_is_no_target(one: ListeningAnalyzer) -> None:
    assert analyze(one, "fencing is fun") == Analysis(Relevance.NO_TARGET, "en")


def test_an_exclusion_holds_for_its_own_rule_only(both: ListeningAnalyzer) -> None:
    analysis = analyze(both, "Fencing with Quillon and Brimtel")
    assert found(analysis) == ["brimtel-side/brimtel:Brimtel"]


def test_one_name_can_be_a_target_of_two_rules(both: ListeningAnalyzer) -> None:
    analysis = analyze(both, "Brimtel is fine")
    assert [(target.target, target.kind, target.brand) for target in analysis.targets] == [
        ("brimtel", TargetKind.COMPETITOR, "quillon"),
        ("brimtel-side/brimtel", TargetKind.BRAND, "brimtel-side"),
    ]


def test_support_does_not_cross_rules(both: ListeningAnalyzer) -> None:
    assert found(analyze(both, "Harbor and Quillon")) == ["quillon:Quillon"]
    assert found(analyze(both, "Harbor and Brimtel")) == [
        "brimtel-side/harbor:Harbor",
        "brimtel:Brimtel",
        "brimtel-side/brimtel:Brimtel",
    ]


def test_names_only_in_quoted_text_do_not_count(one: ListeningAnalyzer) -> None:
    analysis = analyze(one, "> I love Quillon\n\nSo do I")
    assert analysis.relevance is Relevance.NO_TARGET
    assert "quoted" in (analysis.note or "")


def test_an_ambiguous_name_of_two_words_as_a_hashtag() -> None:
    target = Target("q/open", TargetKind.PRODUCT, "q", "Open Door", ambiguous=True, context=("crm",))
    analyzer = build_analyzer([ListeningRule("q", (target, Target("q", TargetKind.BRAND, "q", " ")))])
    assert found(analyze(analyzer, "#OpenDoor is our crm")) == ["q/open:OpenDoor"]
    assert analyze(analyzer, "#opendoor is our crm").relevance is Relevance.AMBIGUOUS


def test_no_rules_find_nothing() -> None:
    assert analyze(build_analyzer([]), "Quillon").relevance is Relevance.NO_TARGET
    assert analyze(build_analyzer([ListeningRule("x", ())]), "Quillon").relevance is Relevance.NO_TARGET


# ------------------------------------------------------------------------------------------------ how much it is about us

FILLER = "The road to the lake was long and the weather kept changing all day. "


@pytest.mark.parametrize(
    ("text", "word"),
    [("Pages is how we publish now", "publish"), ("Made a web site with Pages", "web site")],
)
def test_a_name_that_only_its_context_explains_is_of_medium_relevance(one: ListeningAnalyzer, text: str, word: str) -> None:
    analysis = analyze(one, text)
    assert (analysis.level, analysis.counts) == (Level.MEDIUM, True)
    assert analysis.note == f'"Pages" is ambiguous; it counts because of "{word}"'


@pytest.mark.parametrize("text", ["Pages is better than Brimtel", "Pages, by @quillon", "The Pages Editor lets us publish"])
def test_beside_a_sure_name_it_is_of_high_relevance(one: ListeningAnalyzer, text: str) -> None:
    assert (analyze(one, text).level, analyze(one, text).note) == (Level.HIGH, None)


PASSING = [
    # one of many names
    ("We looked at Nimbus, Tarn, Quillon, Orla Desk and Veeda last spring.", "many names"),
    ("Nimbus, Tarn, Orla and Quillon. Veeda was not there.", None),
    ("We compared Quillon, Nimbus, Tarn, Orla and Veeda.", "many names"),
    ("Speakers from Nimbus, Tarn, Orla, Veeda and Quillon.", "many names"),
    ("New in our shop #crm #notes #quillon #office #work", "many names"),
    ("cc @ada @nimbus @tarn @veeda @quillon", "many names"),
    ("Quillon: fast, small, cheap, friendly and ours", None),
    ("I left Quillon, slow, buggy, ugly, expensive and dead", None),
    ("Love #Quillon #crm", None),
    ("Nimbus\nTarn\nQuillon\nVeeda\nOrla", "many names"),
    # a closing line
    ("Great day at the lake!\n\nSent with Quillon", "closing line"),
    ("Great day at the lake!\n\n— Made with Quillon.", "closing line"),
    ("Great day at the lake!\n\nPowered by Quillon Flow", "closing line"),
    ("Sent with Quillon", None),
    ("Great day at the lake!\n\nSent with Quillon, which I love", None),
    ("Great day at the lake!\n\nWe built it with love for Quillon", None),
    # once in a long text
    (FILLER * 20 + "Quillon was there too. " + FILLER * 20, "long text"),
    (FILLER * 20 + "Quillon was there too. Quillon is fine. " + FILLER * 20, None),
    ("Quillon was there too. " + FILLER * 40, None),
    (FILLER * 5 + "Quillon was there too. " + FILLER * 5, None),
]


@pytest.mark.parametrize(("text", "reason"), PASSING)
def test_naming_in_passing_is_of_medium_relevance(one: ListeningAnalyzer, text: str, reason: str | None) -> None:
    analysis = analyze(one, text)
    assert analysis.counts
    assert analysis.level is (Level.MEDIUM if reason else Level.HIGH)
    assert (reason or "") in (analysis.note or "")
    assert bool(reason) == bool(analysis.note)


def test_a_text_whose_title_names_us_is_no_naming_in_passing(one: ListeningAnalyzer) -> None:
    assert analyze(one, FILLER * 40, title="A year with Quillon").level is Level.HIGH
    assert analyze(one, FILLER * 40 + "Quillon", title="A year at the lake").level is Level.MEDIUM
    assert analyze(one, "It was fun", title="Nimbus, Tarn, Quillon, Orla and Veeda").level is Level.HIGH


def test_rivals_do_not_make_naming_us_more_than_passing(one: ListeningAnalyzer) -> None:
    text = FILLER * 20 + "Brimtel is here. Brimtel is there. Quillon as well. Brimtel!" + FILLER * 20
    assert analyze(one, text).level is Level.MEDIUM
    assert analyze(one, FILLER * 20 + "Brimtel is here. Brimtel is there." + FILLER * 20).level is Level.HIGH


@pytest.mark.parametrize("filling", ["a, ", " ", "\n", "#", "A ", ",", "@a ", "\ud800"])
def test_any_surroundings_are_read(filling: str) -> None:
    around = filling * 100_000
    assert in_passing(around + "Quillon" + around, {(len(around), len(around) + 7)}) is not None
    assert len(around) >= LONG


# ------------------------------------------------------------------------------------------------ queries of the rules


def judged(rule: ListeningRule, text: str, **known: object) -> Analysis:
    (analysis,) = build_analyzer([rule], "vader").analyze([replace(AnalysisJob(1, 1, None, text, "en"), **known)])  # type: ignore[arg-type]
    return analysis


def test_a_text_must_also_match_the_query() -> None:
    rule = replace(QUILLON, query='editor AND NOT "old editor"')
    assert judged(rule, "The editor of Quillon").relevance is Relevance.ABOUT
    for text in ("Quillon is fine", "The old editor of Quillon"):
        analysis = judged(rule, text)
        assert (analysis.relevance, analysis.targets, analysis.level) == (Relevance.EXCLUDED, (), None)
        assert analysis.note == "excluded for quillon: it does not match the brand's query"
    assert judged(rule, "The editor").relevance is Relevance.NO_TARGET


def test_exclusion_sets_exclude_by_name() -> None:
    rule = replace(QUILLON, unless=(("jobs", "@jobs"), ("weather", "@weather")), sets=(("weather", "rain OR snow"),))
    assert judged(rule, "Quillon is fine").relevance is Relevance.ABOUT
    assert judged(rule, "Quillon in the rain").note == 'excluded for quillon: the exclusion set "weather" matches'
    hiring = judged(rule, "Quillon is hiring, apply now")
    assert (hiring.relevance, hiring.note) == (Relevance.EXCLUDED, 'excluded for quillon: the exclusion set "jobs" matches')


def test_many_sets_are_asked_at_once() -> None:
    names = [f"set{i}" for i in range(12)]
    sets = tuple((name, f"word{name}") for name in names)
    rule = replace(QUILLON, unless=tuple((name, f"@{name}") for name in names), sets=sets)
    assert judged(rule, "Quillon is fine").relevance is Relevance.ABOUT
    assert judged(rule, "Quillon is a wordset11").note == 'excluded for quillon: the exclusion set "set11" matches'


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("source:blog", {"source": "blog"}),
        ("author:ada", {"author": "@Ada"}),
        ('author:"ada lovely"', {"author_name": "Ada Lovely"}),
        ("lang:en", {}),
        ("title:year", {"title": "A year with it"}),
        ("site:quillon.example", {"url": "https://blog.quillon.example/1"}),
        ("type:comment", {"kind": "comment"}),
        ("followers:>1000", {"followers": 2000}),
    ],
)
def test_queries_see_what_is_known_of_a_post(query: str, known: dict[str, object]) -> None:
    text = "We have been using Quillon at the office for a year and it is fine"
    assert judged(replace(QUILLON, query=query), text, **known).relevance is Relevance.ABOUT
    assert judged(replace(QUILLON, query=f"NOT ({query})"), text, **known).relevance is Relevance.EXCLUDED


def test_the_language_is_the_one_that_was_found() -> None:
    text = "Die neue Version von Quillon ist leider sehr langsam, und niemand antwortet."
    assert judged(replace(QUILLON, query="lang:de"), text, language=None).relevance is Relevance.ABOUT


def test_queries_hold_for_their_own_rule_only() -> None:
    rules = [replace(QUILLON, query="editor"), OTHER]
    (analysis,) = build_analyzer(rules, "vader").analyze([AnalysisJob(1, 1, None, "Quillon and Brimtel", "en")])
    assert found(analysis) == ["brimtel-side/brimtel:Brimtel"]


def test_a_query_changes_the_analyzer_and_a_broken_one_is_refused() -> None:
    assert build_analyzer([QUILLON], "vader").fingerprint != build_analyzer([replace(QUILLON, query="a")], "vader").fingerprint
    with pytest.raises(QueryError):
        build_analyzer([replace(QUILLON, query="(")], "vader")


# ------------------------------------------------------------------------------------------- capitals, unknown language


ANCHOR = ListeningRule(
    "anchor",
    (Target("anchor", TargetKind.BRAND, "anchor", "Anchor", context=("app", "support", "invoice"), ambiguous=True),),
)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("ANCHOR APP IN CAPITALS: HATE IT, SUPPORT IS AWFUL", Level.MEDIUM),
        ("I waited for a week. ANCHOR SUPPORT IS AWFUL! Never again.", Level.MEDIUM),
        ("ANCHOR IS AWFUL AND NOBODY THERE ANSWERS", Level.LOW),
        ("Their boat lost its ANCHOR and the app showed it", Level.LOW),
        ("anchor app keeps crashing and support is silent", Level.MEDIUM),
        ("anchor app keeps crashing", Level.LOW),
        ("I think anchor app keeps crashing and support is silent", Level.LOW),
    ],
)
def test_in_shouting_and_without_any_capital_case_shows_nothing(text: str, level: Level) -> None:
    (analysis,) = build_analyzer([ANCHOR], "vader").analyze([AnalysisJob(1, 1, None, text, "en")])
    assert (analysis.level, analysis.counts) == (level, level is Level.MEDIUM), analysis.note


def test_two_context_words_are_named_where_small_letters_count() -> None:
    text = "anchor app keeps crashing and support is silent"
    (analysis,) = build_analyzer([ANCHOR], "vader").analyze([AnalysisJob(1, 1, None, text, "en")])
    assert analysis.note == '"Anchor" is ambiguous; it counts because of "app" and "support"'


def test_a_megabyte_of_shouting_is_judged() -> None:
    assert judged(ANCHOR, "ANCHOR APP " * 20_000).relevance is Relevance.ABOUT


def test_what_only_lacks_a_known_language_is_hidden_and_not_lost() -> None:
    rule = replace(QUILLON, query="lang:en OR @german", sets=(("german", "lang:de-at NOT wetter"),))
    analysis = judged(rule, "Quillon ⭐", language=None)
    assert (analysis.language, analysis.relevance, analysis.level, analysis.counts) == (
        None,
        Relevance.EXCLUDED,
        Level.LOW,
        False,
    )
    assert analysis.note == "its language is not known, and the brand's query asks for one"
    german = judged(replace(rule, query="@german"), "Quillon Wetter", language=None)
    assert (german.relevance, german.level) == (Relevance.EXCLUDED, None)
    wanted = judged(replace(rule, query="(lang:en AND invoice) OR invoice"), "Quillon ⭐", language=None)
    assert (wanted.relevance, wanted.level) == (Relevance.EXCLUDED, None)


def test_an_author_is_known_by_handle_and_by_name() -> None:
    text = "We have been using Quillon at the office for a year and it is fine"
    known = {"author": "adal", "author_name": "Ada Lovely"}
    for query in ("author:adal", 'author:"ada lovely"'):
        assert judged(replace(QUILLON, query=query), text, **known).relevance is Relevance.ABOUT
