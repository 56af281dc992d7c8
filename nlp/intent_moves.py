"""The rules for coming and going: who switched to us and who left.

What is said here weighs in a person's standing or opens a case, so a rule asks for the author's own side ("we", "our team") or
for a sentence that begins with the deed; of others' moves and of jobs ("I left Quillon to start a studio") nothing follows.
"""

from __future__ import annotations

from listener.core.analysis import Intent
from nlp.intent_notation import Rule

_UNDECIDED = (
    "<not> ..4 <move-or-went>",
    "<undecided> ..4 <move-or-went>",
    # The switch is within the product, or somebody's work on it.
    "OURS OURS*2 tab|theme|window|view|board|page|folder|workspace|channel|integration|tests|server|app|hq|office",
)
_STAYING = ("<not> ..3 <quit>", "if|before|instead|without|regret|regretting|almost|nearly ..4 <quit>")
_OTHERS = (
    "they|he|she|who|friend|colleague|people|customers|users ..3 ditched|dumped|abandoned|cancelled|canceled|left|switched|moved"
)
_TO_US = "from ..4-OURS to|into|onto ..2-RIVAL OURS"
# "I left Quillon after four years" may tell of a job.
JOB = (
    "OURS ..6 role|job|study|studio|career|position|colleagues",
    "job|role|position|worked|working|engineer|designer|manager ..8 OURS",
)
SWITCHED_TO = (
    Rule(
        Intent.SWITCHED_TO,
        (
            "<we> <aux>*4 <moved> ..6-OURS to|into|onto ..2-RIVAL OURS",
            "<we> just|finally|now|also? am|'m|are|'re|is now|finally|also|all? <moving> ..6-OURS to ..2-RIVAL OURS",
            "<we> <aux>*4 <dropped> RIVAL ..3-OURS for|with|and OURS",
            "<we> <aux>*4 ditched|dropped|dumped|replaced|traded|swapped|abandoned ..4-OURS for|with|by OURS",
            "<we> <aux>*4 left NAME for OURS",
            "<we> <aux>*4 ditched|dropped|dumped|abandoned ..2-OURS in favour|favor of OURS",
            "<we> <aux>*3 went|gone with OURS",
            "<we> <aux>*3 gone|went from ..3-OURS to OURS",
            "<we> <aux>*3 chose|picked OURS ..3 over|instead",
            "<we> <aux>*3 made|make the switch|move|jump to ..1 OURS",
            "<we> <aux>*3 changed from ..3-OURS to OURS",
            "<we> <aux>*3 came|come to OURS from",
            "<we> now uses|use OURS instead of",
            "<we> now? uses|use OURS now? instead of",
        ),
        unless=(*_UNDECIDED, "RIVAL ..2 to RIVAL", "from ..2 OURS ..4 to"),
    ),
    Rule(
        Intent.SWITCHED_TO,
        (
            "just|finally|recently? <moved> ..6-OURS to|into|onto ..2-RIVAL OURS",
            "just|finally|recently? ditched|dropped|dumped|replaced|left|traded|swapped|abandoned RIVAL for|with OURS",
            "just|finally|recently? ditched|dropped|dumped|traded|swapped|abandoned|left NAME for|with OURS",
            "just|finally|recently? ditched|dropped|dumped|abandoned ..2-OURS in favour|favor of OURS",
            "just|finally|recently? made the switch|move|jump to OURS",
            "came to OURS from",
            "just? finished|completed our|my|the? migration|move|switch to OURS",
        ),
        unless=_UNDECIDED,
        at_start=True,
    ),
    Rule(
        Intent.SWITCHED_TO,
        (
            "out goes ..3 PUNCT? in comes OURS",
            "OURS after leaving|ditching|dropping|dumping ..2 WORD",
            "since <we> <aux>*2 <moved> ..4-OURS to OURS",
            "glad <we> <aux>*2 <moved> ..4-OURS to OURS",
        ),
    ),
)

LEAVING = (
    Rule(
        Intent.LEAVING,
        (
            "<we> <aux>*4 <move> ..4-OURS from|off ..2-RIVAL OURS",
            "ditching|ditched|dumping|dumped|abandoning|abandoned|uninstalling|uninstalled my|our|the? OURS",
            "cancelling|canceling|cancelled|canceled my|our|the? OURS",
            "closed|closing|deleted|deleting|ended|ending|terminated|terminating my|our|the? OURS OURS*2 <contract>",
            "ended our|my <contract> with OURS",
            "parted ways with OURS",
            "walked|walking|bailed|bailing away? from|on OURS",
            "pulled|pulling the plug on OURS",
            "said|saying|say goodbye|farewell to OURS",
            "<we> <aux>*3 gave|given|giving up on OURS",
            "OURS <contract> cancelled|canceled|closed|deleted|gone|terminated",
            "let my|our ..1 OURS <contract> lapse|expire",
            "leaving|left OURS ..1 for ..2 RIVAL",
            "<we> <aux>*3 left|leaving|quit|quitting OURS",
            "<we> <aux>*3 dropped|dropping OURS",
            "got|getting rid of OURS",
            "replacing|replaced our|my? OURS with|by",
            "<we> ..2 done|finished|through with OURS",
            "unsubscribed|unsubscribing from OURS",
            "looking|searching ..3 alternative|alternatives|replacement to|for OURS",
            "<we> ..4 stop|stopped|stopping using OURS",
            "no longer|not|n't ..2 OURS customer|customers|user|users|subscriber",
            "no longer use|uses|using OURS",
            "used to be a|an? OURS customer|user|subscriber",
        ),
        unless=(
            *_STAYING,
            _OTHERS,
            _TO_US,
            *JOB,
            "OURS open|running|on|alone",
            "OURS OURS*2 user|users conference|meetup|group",
        ),
    ),
    Rule(
        Intent.LEAVING,
        (
            "just|finally|recently|currently? <move> ..4-OURS away|over? from|off ..2-RIVAL OURS",
            "bye|goodbye|farewell|adios|adieu ..1 OURS",
            "so long PUNCT? OURS",
            "not renewing|renew ..2 OURS",
            "leaving OURS",
            "done|finished|through with OURS",
            "stopped using OURS",
        ),
        unless=(_TO_US, *JOB, "OURS open|running|on|alone"),
        at_start=True,
    ),
    Rule(
        Intent.LEAVING,
        (
            "<cancel> my|our ..3-RIVAL <contract>",
            "<we> are|'re|am|'m|will|wo|have not|n't be? renewing|renew|renewed",
            "account|subscription|plan is|was|has? been? deleted|cancelled|canceled|closed|terminated",
            "lost a|another customer",
            "<we> 're|are|'m|am|have|'ve <moving> away from it|them",
        ),
        unless=(
            "not|n't|never ..3 <cancel>",
            "if|would|could|ca|can|cannot|how ..4 <cancel>",
            "flight|hotel|gym|phone|landlord ..4 <contract>",
            _OTHERS,
        ),
        alone=True,
    ),
    Rule(
        Intent.LEAVING,
        ("just? cancelled|canceled|cancelling|canceling PUNCT*3",),
        at_start=True,
        at_end=True,
        alone=True,
    ),
    Rule(
        Intent.LEAVING,
        (
            "<we> <aux>*4 <move> ..3-OURS to ..2 RIVAL",
            "<we> <aux>*4 switched|migrated|converted|defected to NAME",
            "<we> <aux>*4 gone|went|back? to RIVAL",
        ),
        unless=(*_STAYING, *_UNDECIDED, "RIVAL ..4 to OURS"),
    ),
    Rule(
        Intent.LEAVING,
        (
            "alternative|alternatives|replacement to|for OURS",
            "use|using instead of OURS these|now",
            "<moving> away from|off ..1 OURS",
        ),
        unless=(*_STAYING, _TO_US, "OURS as a|an? alternative", "is|as|was|be a|an|the ..3 alternative|replacement", *JOB),
        questions=True,
        at_end=True,
    ),
)
