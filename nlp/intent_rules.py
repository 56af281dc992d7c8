"""The rules of intents, as data: what ``nlp.intent`` looks for, written in the notation of ``nlp.intent_notation``.

Precision goes before recall: an intent steers what people are told to do, and a missed one costs little.
"""

from __future__ import annotations

from listener.core.analysis import Intent
from nlp.intent_complaints import COMPLAINT
from nlp.intent_moves import LEAVING, SWITCHED_TO
from nlp.intent_notation import Rule
from nlp.intent_opinions import PRAISE
from nlp.intent_plans import BUYING, CANCELLATION

_NO_RECOMMENDATION = (
    "<not> ..5 recommend|recommending|recommended",
    "<recommend> ..4 against|avoiding|avoid|staying|elsewhere|not|never|looking|if|unless|once|until",
    "used|hard|difficult|impossible|tough|hesitate|reluctant|struggle|wish|unable|able ..3 recommend",
    "if|unless|could|used|wish ..4 <recommend>",
    "<recommend> ..2 RIVAL",
)

RULES: tuple[Rule, ...] = (
    Rule(
        Intent.RECOMMENDS,
        (
            "<we> <surely>*4 <recommend> <using>*3 OURS",
            "<highly> <surely>*2 <recommend> <using>*3 OURS",
            "<we> have|'ve <surely>*2 recommended|recommending <using>*3 OURS to <others>",
            "you|everyone|everybody|anyone|people should definitely|really|all|absolutely|totally? be? try|use|get|using OURS",
            "you should definitely|really|all|absolutely|totally? check|have check|out|look|a ..2 OURS",
            "<we> <surely>*2 suggest OURS",
            "<we> <surely>*2 vouch for OURS",
            "vote goes|is to|for OURS",
            "look no further than OURS",
            "you wo|will n't|not regret OURS",
            "<we> <surely>*3 <recommend> ..2 <others> ..2 use|using|try|get OURS",
            "do yourself a favour|favor and try|get|use OURS",
            "point|send|steer|refer people|everyone|clients|friends|them|folks|everybody ..3 to|towards|toward OURS",
            "tell|telling ..6 to start|go|use|try|get|switch ..1 OURS",
            "well|definitely|really|absolutely|totally worth trying|using|checking|getting ..1 OURS",
        ),
        unless=(
            *_NO_RECOMMENDATION,
            "<not> ..3 try|use|get|check|point|send|tell|be|worth",
            "he|she|they|says|said ..4 tell|point|send",
        ),
    ),
    Rule(
        Intent.RECOMMENDS,
        (
            "definitely|just|seriously|honestly|do? try OURS",
            "just|definitely|seriously get|use OURS",
            "get OURS PUNCT",
            "give OURS a go|try|shot|chance|whirl",
            "go|went for|with OURS",
            "check out OURS if|for|instead|too",
            "check OURS out",
            "have|take a look at OURS",
            "my? recommendation PUNCT OURS",
            "+1|plus|1 for|one? for? OURS",
            "do yourself a favour|favor PUNCT try|get|use OURS",
            "worth trying|getting OURS",
        ),
        unless=("<not> ..2 try|get|use", "went|get|got OURS ..1 to|working|support|back|running", "OURS 's|support"),
        at_start=True,
    ),
    Rule(
        Intent.RECOMMENDS,
        (
            "you want|need OURS ..2 for",
            "OURS is the one to pick|get|choose|use",
            "if PUNCT get OURS",
            "PUNCT get OURS PUNCT",
            "PUNCT go with|for OURS",
            "i|we send them straight? to OURS",
            "OURS PUNCT <highly> recommend",
            "OURS ..4 <highly>|warmly recommended",
            "OURS ..3 recommended without hesitation|reservation",
            "to <surely>*2 recommend OURS ..1 to",
        ),
        unless=(*_NO_RECOMMENDATION, "do|does|did n't|not ..1 need|want", "was|were|been|came|comes <highly> recommended"),
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
        (
            "if ..9 PUNCT get it|one",
            "recommend ..2 get it",
            "tell|telling|told ..5 to get|try|use it|this",
            "suggest you|everyone|anyone|people ..1 do the same",
            "suggest you|everyone|anyone|people ..1 try|get|use it",
            "PUNCT go for it",
            "give it a go|try|shot|whirl",
        ),
        unless=(*_NO_RECOMMENDATION, "<not> ..3 get|suggest|go|give", "do|did|could|can|ca|'ll|will|to|n't get it"),
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
            "unlike|compared to|with? NAME PUNCT OURS",
            "OURS ..1 beats|beat|trumps|outperforms|outclasses NAME",
            "has the <comparative> ..3 PUNCT OURS ..1 has the",
            "OURS ..4 over NAME",
            "comparison of|between ..2 NAMED",
            "NAMED ..3 compare|compares|compared to|with",
            "NAMED has|is|was|wins|feels ..9 PUNCT? NAMED has|is|was|wins|feels",
            "wins over NAMED",
            "NAMED ..5 less ..2 than ..1 NAME",
            "twice|half|times as ..3 as NAME",
            "between OURS and NAME",
            "between NAME and OURS",
            "OURS or NAME",
            "which one has|is|does ..3 better|best|easier|cheaper",
            "side by side",
            "is|are|was simpler|cheaper|faster|quicker|easier|better PUNCT NAME ..1 <comparative>",
            "tried both",
            "NAMED and NAME differ",
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
            "fails|failed|failing to|with|at|on|every|when",
            "<a-fault> NUM <fault>",
            "second|third|fourth|fifth|daily <fault>",
            "have|has|had|just disappeared|vanished",
            "lost|losing|loses|ate|deleted ..3 weeks|hours|days|page|board|boards|pages|invoices|essay",
            "shows|showing the|a wrong|blank|empty",
            "stuck|hanging|hung|hangs at|in|on",
            "ca|can|could n't|not ..1 log|sign in|into",
            "<do> n't|not ..1 <function>",
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
    *SWITCHED_TO,
    *LEAVING,
    *CANCELLATION,
    *BUYING,
    *PRAISE,
    *COMPLAINT,
)

ASKING: tuple[str, ...] = (
    "anyone|anybody else|here? know|knows|tried|try|used|using|use|have|has|had|seen|seeing|got|experience|experienced|recommend",
    "how|where do|can|could|should|would|does i|we|you|one",
    "please|pls help|advise",
    "need|needs|require|requesting|want some? help|assistance|support with",
    "please|could|can|would somebody|someone|anyone|anybody|you ..2 look|help|explain|tell|check|fix|reset|restore",
    "any idea|ideas|tips|suggestions|advice|workaround|thoughts",
    "looking for a|an? way|method to",
    "wondering|wonder if|whether|how|what|which|when",
)
"""A question even without its mark."""

RHETORICAL: tuple[str, ...] = (
    "who asked for",
    "why ..5 so|such|always|never|keep|keeps|even",
    "who cares|needs|knew|else",
    "how hard|difficult|stupid|dumb",
    "how is|are|can this|that|it ok|okay|acceptable|legal|allowed|even|possible",
    "what the hell|heck|fuck",
    "kidding|joking|serious|joke|seriously|wtf",
)

MARKED: tuple[str, ...] = (
    "PUNCT how|what|which|where|when|who|is|are|does|do|did|can|could|will|has|have|any|anyone|anybody|would",
    "or NAMED",
    "OURS or",
    "thoughts|opinions|experiences|tips|views on|with|about",
)
"""A question if the sentence also ends as one."""

OPENERS = frozenset(
    (
        *("how", "what", "which", "where", "when", "who", "why", "is", "are", "does", "do", "did", "can", "could", "will"),
        *("has", "have", "any", "anyone", "anybody", "should", "would"),
    )
)
"""A question that asks something begins with one of these; names, greetings and the like before it are passed over."""
