"""Which targets a text names: the truth table of names, handles, domains, exclusions and ambiguous words."""

from __future__ import annotations

import pytest

from listener.core.analysis import Analysis, AnalysisJob, Relevance
from listener.core.brand import ListeningRule, Target, TargetKind
from nlp.analyzer import ListeningAnalyzer, build_analyzer

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
    return build_analyzer([QUILLON])


@pytest.fixture(scope="module")
def both() -> ListeningAnalyzer:
    return build_analyzer([QUILLON, OTHER])


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_names(one: ListeningAnalyzer, text: str, expected: str) -> None:
    analysis = analyze(one, text)
    assert " ".join(found(analysis)) == expected
    assert analysis.relevance is (Relevance.ABOUT if expected else Relevance.NO_TARGET)
    assert analysis.note is None


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
        assert analysis.targets == ()
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
