"""The patterns behind ``nlp.intent``, as data: a small notation for token patterns of spaCy's matcher.

Precision goes before recall: an intent steers what people are told to do, and a missed one costs little.

A pattern is tokens parted by spaces, compared in lower case. spaCy splits contractions ("wouldn't" is ``would n't``):

    better|worse     one of these words                <we>      one word of a group below
    OURS  RIVAL      a name of ours, of a rival        NAMED     either of them
    NAME             another name: capitalised, not a common word, not first in its sentence
    WORD  PUNCT      any word; any punctuation         ..4       up to four tokens, no punctuation among them
    ..4-OURS         the same, but without our name    x?  x*3   optional; up to three of them
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from listener.core.analysis import Intent

Pattern = list[dict[str, Any]]

_GROUPS = {
    "not": "not n't nt never cannot cant hardly barely neither nor without nobody none no",
    "we": "i we team company office",
    "aux": "have 've had has 'm am are 're is been just finally recently now already all both also since eventually happily",
    "surely": "would 'd can will 'll do highly strongly definitely really always totally heartily warmly fully absolutely "
    "certainly still also",
    "highly": "highly strongly definitely totally absolutely heartily would",
    "recommend": "recommend recommending",
    "using": "using trying the their getting both giving buying out",
    "it": "it them this these enough",
    "others": "all any anyone anybody everyone everybody others other friends people my our colleagues those every",
    "moved": "switched moved migrated converted transitioned",
    "moving": "switching moving migrating converting transitioning",
    "move": "switched moved migrated converted transitioned switching moving migrating converting transitioning",
    "move-or-went": "switched moved migrated converted transitioned switching moving migrating went chose chosen",
    "dropped": "ditched dropped dumped left replaced",
    "cancel": "cancel cancelling canceling cancelled canceled",
    "quit": "ditching ditched dumping dumped abandoning abandoned cancelling canceling cancelled canceled uninstalling "
    "uninstalled leaving left switching switched moving moved migrating cancel",
    "undecided": "if might may could would should considering thinking consider regret regretting wish tempted almost nearly "
    "before",
    "contract": "subscription account plan contract membership license licence renewal",
    "breaks": "crashes crashed crashing freezes freezing froze glitches buggy glitchy unusable",
    "fault": "error errors bug bugs outage outages glitch glitches downtime crash crashes",
    "trouble": "error errors bug bugs outage outages glitch glitches downtime crash crashes crashing freezing issue issues "
    "problem problems trouble",
    "kind-of-fault": "annoying nasty weird major serious same many strange login sync",
    "a-fault": "an another this the got getting many too keep constant annoying nasty seeing same weird major found reported a "
    "serious",
    "no": "no zero without fewer less never any fixed fix fixes fixing solved resolved squashed few n't not nt 0 if "
    "longer stopped",
    "do": "does do did is are was has have will wo ca can could would",
    "function": "work working load loading open opening sync syncing respond responding start starting connect save saving "
    "export import update login log send install upload download",
    "answer": "replied reply responded respond answered answer answers replies",
    "comparative": "better worse faster slower cheaper easier harder nicer simpler smoother cleaner safer stronger weaker "
    "pricier smarter clunkier richer lighter heavier quicker uglier superior inferior ahead friendlier more less",
}

_SPECIAL: dict[str, dict[str, Any]] = {
    "OURS": {"ENT_TYPE": "OURS"},
    "RIVAL": {"ENT_TYPE": "RIVAL"},
    "NAMED": {"ENT_TYPE": {"IN": ["OURS", "RIVAL"]}},
    "NAME": {"IS_TITLE": True, "IS_STOP": False, "IS_SENT_START": False},
    "WORD": {"IS_ALPHA": True},
    "PUNCT": {"IS_PUNCT": True},
}
_TOKEN = re.compile(r"(?P<gap>\.\.(?P<most>\d)(?:-(?P<without>OURS|RIVAL))?)|(?P<what><[\w-]+>|(?!\.\.)[^\s?*]+)(?P<op>\?|\*\d)?")


def token_pattern(written: str) -> Pattern:
    """The matcher's form of a pattern in the notation above.

    Raises:
        ValueError: it is not in that notation, or names an unknown group.
    """
    return [_token(part) for part in written.split()]


def needed_words(pattern: Pattern) -> list[frozenset[str]]:
    """Sets of words of each of which a sentence must hold one, or the pattern cannot match: a cheap test before the matcher."""
    return [frozenset(token["LOWER"]["IN"]) for token in pattern if "LOWER" in token and "OP" not in token]


def _token(written: str) -> dict[str, Any]:
    found = _TOKEN.fullmatch(written)
    if found is None:
        raise ValueError(f"not a token of a pattern: {written}")
    if found["gap"]:
        free: dict[str, Any] = {"IS_PUNCT": False, "OP": f"{{0,{found['most']}}}"}
        return free | {"ENT_TYPE": {"NOT_IN": [found["without"]]}} if found["without"] else free
    token = _one(found["what"])
    match found["op"]:
        case None:
            return token
        case "?":
            return token | {"OP": "?"}
        case most:
            return token | {"OP": f"{{0,{most[1:]}}}"}


def _one(what: str) -> dict[str, Any]:
    if what.startswith("<"):
        if what[1:-1] not in _GROUPS:
            raise ValueError(f"no such group of words: {what}")
        return {"LOWER": {"IN": _GROUPS[what[1:-1]].split()}}
    return dict(_SPECIAL[what]) if what in _SPECIAL else {"LOWER": {"IN": what.split("|")}}


@dataclass(frozen=True, slots=True)
class Rule:
    """An intent holds where one of ``patterns`` matches a sentence and no veto of ``unless`` overlaps that match.

    ``at_start`` and ``at_end`` tie the match to the sentence's ends. An ``alone`` rule speaks of the target as "it" or not at
    all, so it needs a sentence without a rival. ``questions`` says whether a question may carry the intent.
    """

    intent: Intent
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    at_start: bool = False
    at_end: bool = False
    alone: bool = False
    questions: bool = False


_NO_RECOMMENDATION = (
    "<not> ..5 recommend|recommending|recommended",
    "<recommend> ..4 against|avoiding|avoid|staying|elsewhere|not|never|looking|if|unless|once|until",
    "used|hard|difficult|impossible|tough|hesitate|reluctant|struggle|wish|unable|able ..3 recommend",
    "if|unless|could|used|wish ..4 <recommend>",
    "<recommend> ..2 RIVAL",
)
_UNDECIDED = ("<not> ..4 <move-or-went>", "<undecided> ..4 <move-or-went>")
_STAYING = ("<not> ..3 <quit>", "if|before|instead|without|regret|regretting|almost|nearly ..4 <quit>")

RULES: tuple[Rule, ...] = (
    Rule(
        Intent.RECOMMENDS,
        (
            "<we> <surely>*4 <recommend> <using>*3 OURS",
            "<highly> <surely>*2 <recommend> <using>*3 OURS",
            "<we> have|'ve <surely>*2 recommended|recommending <using>*3 OURS to <others>",
            "you should definitely|really|all|absolutely|totally? try|use|get OURS",
        ),
        unless=(*_NO_RECOMMENDATION, "<not> ..3 try|use|get"),
    ),
    Rule(
        Intent.RECOMMENDS,
        (
            "<we> <surely>*4 <recommend> <it>",
            "<highly> <surely>*2 <recommend> <it>",
            "<we> <surely>*4 <recommend> to <others>",
            "<highly> <surely>*2 <recommend> to <others>",
            "<we> have|'ve <surely>*2 recommended|recommending <it> to <others>",
        ),
        unless=_NO_RECOMMENDATION,
        alone=True,
    ),
    Rule(
        Intent.RECOMMENDS,
        ("<highly> <surely>*2 <recommend> PUNCT*3", "highly|strongly recommended PUNCT*3"),
        unless=(*_NO_RECOMMENDATION, "came|comes|come|was|were|been highly|strongly recommended"),
        at_end=True,
        alone=True,
    ),
    # "I cannot recommend it enough" says the opposite of "I cannot recommend it".
    Rule(Intent.RECOMMENDS, ("ca|can|could|cannot|cant n't|nt|not? recommend ..4 enough|more",), alone=True),
    Rule(Intent.RECOMMENDS, ("ca|can|cannot|cant n't|nt|not? go wrong with OURS",)),
    Rule(
        Intent.SWITCHED_TO,
        (
            "<we> <aux>*4 <moved> ..6-OURS to ..2-RIVAL OURS",
            "<we> just|finally|now|also? am|'m|are|'re|is now|finally|also|all? <moving> ..6-OURS to ..2-RIVAL OURS",
            "<we> <aux>*4 <dropped> RIVAL ..3-OURS for|with OURS",
            "<we> <aux>*3 went with OURS",
            "<we> <aux>*3 chose|picked OURS ..3 over|instead",
        ),
        unless=_UNDECIDED,
    ),
    Rule(
        Intent.SWITCHED_TO,
        (
            "just|finally|recently? <moved> ..6-OURS to ..2-RIVAL OURS",
            "just|finally|recently? ditched|dropped|dumped|replaced RIVAL for|with OURS",
        ),
        at_start=True,
    ),
    Rule(
        Intent.LEAVING,
        (
            "<we> <aux>*4 considering|thinking? of|about? <move> ..4-OURS from|off ..2-RIVAL OURS",
            "ditching|ditched|dumping|dumped|abandoning|abandoned|uninstalling|uninstalled my|our|the? OURS",
            "cancelling|canceling|cancelled|canceled my|our|the? OURS",
            "leaving|left OURS ..1 for ..2 RIVAL",
            "replacing|replaced our|my? OURS with|by",
            "done|finished with OURS",
            "unsubscribed|unsubscribing from OURS",
            "looking|searching ..3 alternative|alternatives|replacement to|for OURS",
        ),
        unless=(*_STAYING, "they|he|she ..3 ditched|dumped|abandoned|cancelled|canceled|left|switched|moved ..3 OURS"),
    ),
    Rule(Intent.LEAVING, ("just|finally|recently? <move> ..3-OURS from|off ..2-RIVAL OURS",), at_start=True),
    Rule(
        Intent.LEAVING,
        (
            "<cancel> my|our ..3-RIVAL <contract>",
            "<we> are|'re|am|'m|will|wo|have not|n't be? renewing|renew|renewed",
        ),
        unless=("not|n't|never ..3 <cancel>", "if|would|could|ca|can|cannot|how ..4 <cancel>"),
        alone=True,
    ),
    Rule(
        Intent.LEAVING,
        ("<we> <aux>*4 <move> ..3-OURS to ..2 RIVAL",),
        unless=(*_STAYING, *_UNDECIDED, "RIVAL ..4 to OURS"),
    ),
    Rule(
        Intent.COMPARISON,
        (
            "<comparative> ..4 than|to|of ..2 NAMED",
            "OURS ..6 <comparative> ..4 than|to|of the? NAME",
            "NAMED vs|vs.|versus WORD",
            "WORD vs|vs.|versus OURS",
            "OURS ..6 compared|comparing to|with|against",
            "compared|comparing|compare ..3 NAMED",
            "prefer|prefers|preferred ..2 NAMED ..3 over|to|than",
            "chose|choose|picked NAMED ..2 over|instead",
            "OURS or RIVAL",
            "RIVAL or OURS",
            "between OURS and RIVAL",
            "between RIVAL and OURS",
            "unlike NAMED",
        ),
        unless=("more|less than happy|pleased|glad|one", "more ..1 of|to ..2 NAMED"),
        questions=True,
    ),
    Rule(
        Intent.PROBLEM,
        (
            "<breaks>",
            "<do> n't|not|nt ..2 <function>",
            "stopped|stops|quit working|syncing|loading|responding",
            "is|are|was|were|'s|been|went|goes still|again|constantly? down|broken|offline",
            "lost|losing|loses ..2 data|files|work|notes|documents",
            "<a-fault> <kind-of-fault>*2 <fault>",
            "keeps|keep|kept crashing|freezing|failing|losing|disconnecting|breaking|hanging|timing|logging",
            "fails|failed|failing to",
            "never|n't|not ..2 <answer>",
            "having|have|had|got|getting|experiencing|facing|into ..3 problem|problems|issue|issues|trouble",
        ),
        unless=(
            "<not> ..4 <breaks>",
            "<not> ..4 broken|down|fails|failed",
            "<no> ..4 <trouble>",
            "error|errors|bug|bugs|crash|crashes|problem|problems|issue|issues ..2 fix|fixes|fixed|free|gone|solved|resolved",
            "used to ..3 crash|freeze",
            "down|offline to|with|for|by|from|on",
            "crash course|test|dummy",
            "if|unless|until|when ..6 work|working|crashes|broken|down|load",
        ),
        alone=True,
    ),
)

ASKING: tuple[str, ...] = (
    "anyone|anybody else|here? know|knows|tried|try|used|using|use|have|has|had|seen|seeing|got|experience|experienced|recommend",
    "wondering|wonder if|whether|how|what|which|when",
)
"""A question even without its mark."""

RHETORICAL: tuple[str, ...] = (
    "why ..5 so|such|always|never|keep|keeps|even",
    "who cares|needs|knew|else",
    "how hard|difficult|stupid|dumb",
    "how is|are|can this|that|it ok|okay|acceptable|legal|allowed|even|possible",
    "what the hell|heck|fuck",
    "kidding|joking|serious|joke|seriously|wtf",
)

OPENERS = frozenset(
    (
        *("how", "what", "which", "where", "when", "who", "why", "is", "are", "does", "do", "did", "can", "could", "will"),
        *("has", "have", "any", "anyone", "anybody", "should", "would"),
    )
)
"""A question that asks something begins with one of these; names, greetings and the like before it are passed over."""
