"""The rules for what an author may do yet: threaten to leave (``CANCELLATION``), or become a customer (``BUYING``)."""

from __future__ import annotations

from listener.core.analysis import Intent
from nlp.intent_moves import JOB
from nlp.intent_notation import Rule

_NO_THREAT = (
    "not|n't|never|no|without|nobody ..3 <quit-base>",
    "not|n't|never|no|without|nobody ..1 <quitting>",
    "not|n't|never|no|once|nobody ..2 thinking|considering|think|consider|about|planning|going ..2 <quitting>",
    "they|he|she|customers|users|who|people ..4 <quit-base>",
    "they|he|she|customers|users|who|people ..4 <quitting>",
    "how ..4 <quit-base>",
    *JOB,
)

CANCELLATION = (
    Rule(
        Intent.CANCELLATION,
        (
            "<we> ..2 might|may|could|should|must|will|'ll|would|'d ..3 <quit-base> OURS",
            "<we> ..2 might|may|could|should|must|will|'ll|would|'d ..3 <quit-base> my|our ..3 <contract>",
            "might|may ..2 <quit-base> OURS",
            "<we> ..3 going|have|need|want|about|gon ..1 to|na ..1 <quit-base> ..1 OURS",
            "<we> ..3 going|have|need|want|about|gon ..1 to|na ..1 <quit-base> ..1 my|our",
            "consider|considering|contemplating|thinking|tempted|close|verge|brink|point of|about|to|on? ..1 <quitting> ..3 OURS",
            (
                "consider|considering|contemplating|thinking|close|verge|brink|point of|about|to|"
                "on? ..1 <quitting> my|our ..2 <contract>"
            ),
            "thinking|think ..2 <quitting> ..3 OURS",
            "tempted|ready|about|close|inclined to|ready? ..1 <quit-base> ..3 OURS",
            "tempted|ready|about|close|inclined to|ready? ..1 <quit-base> ..3 it|my|our",
            "tempted|ready|about|inclined to <quit-base>",
            "considering|thinking ..2 <quitting> ..3 away|from|off ..3 OURS",
            "jump|jumping ship ..3 OURS",
            "do|should <we> ..6 <quit-base> ..1 OURS",
            "do|should <we> ..6 <quit-base> ..1 my|our",
            "how much longer <we> ..4 OURS",
            "next time <we> ..3 <gone>|cancel|leave|switch",
        ),
        unless=(*_NO_THREAT, "<quit-base> ..3 to|onto|into ..1-RIVAL OURS", "<quitting> ..4 to|onto|into ..1-RIVAL OURS"),
        questions=True,
    ),
    Rule(
        Intent.CANCELLATION,
        (
            "if|unless|until|or|otherwise|else|time PUNCT? then? <we> am|'m|are|'re|will|'ll|be ..2 <gone>",
            "one|another more? ..6 and|then PUNCT? <we> am|'m|are|'re|will|'ll|be ..2 <gone>",
            "one|another ..7 and|then PUNCT? <we> cancel|leave|quit|switch|walk",
            "unless|or|otherwise|else PUNCT? then? <we> ..1 cancel|leave|quit|switch|walk",
            "if|unless ..9 PUNCT? then? <we> am|'m|are|'re|will|'ll|be ..2 <gone>",
            "if|unless ..9 PUNCT? then? <we> will|'ll|have|may|might|can|shall ..3 cancel|leave|close",
            "if|unless ..9 PUNCT? <we> will|wo|are|'re not|n't be? renew|renewing",
            "<we> will|'ll|may|might ..2 <quit-base> ..6 unless|if",
            "<we> ..5 look|looking|go|going elsewhere",
            "take|taking my|our business|money|custom elsewhere",
            "<we>|ready|about|going|might|may ..4 drop|dropping OURS",
            "<we> might|may|will|'ll|could ..2 move to RIVAL",
            "looking at our|other|my options",
            "lose|losing us|me|my|our ..2 customer|business|custom|account|subscription",
            "last|final chance|warning PUNCT? NAMED",
            "jump|jumping ship",
            "kiss|say ..4 goodbye",
        ),
        unless=(*_NO_THREAT, "did|have|had n't|not ..3 elsewhere", "if <we> <quit-base>", "if you"),
    ),
    Rule(
        Intent.CANCELLATION,
        (
            "reason|reasons not|n't to <quit-base>",
            "reconsidering|rethinking my|our ..2 <contract>",
            "exploring|considering|weighing our|other|my? alternatives|options",
            "do n't|not make me|us <quit-base>",
            "<we> wo n't|not be? renewing|renew unless|if",
            "last month|year with|on OURS unless|if",
            "think twice about renewing|staying",
            "not sure how|whether|if ..4 <we> ..1 stay|staying|renew|keep",
        ),
        questions=True,
    ),
)

BUYING = (
    Rule(
        Intent.BUYING,
        (
            (
                "<we> ..2 want|need|like|love|intend|plan|planning|hope|hoping|looking|ready|about|going|decided|wish ..2 <buy> "
                "..3-RIVAL OURS"
            ),
            "<we> ..2 want|need|like|love|intend|plan|planning|looking|ready|about|going|decided to? get ..1-RIVAL OURS",
            "<we> ..2 want|like|love|intend|plan|planning|hope|hoping|ready|going to ..1 sign up ..3 OURS",
            "about|ready|keen|looking|wanting|hoping|planning|eager to buy|purchase|pay|order|subscribe|upgrade ..4 OURS",
            "<we> am|'m|are|'re|'d|would|be ..2 interested in ..2 OURS",
            "thinking|think|considering|consider of|about? <buying> ..3 OURS",
            "considering|evaluating|trialling|trialing|piloting|shortlisted|assessing OURS",
            "shortlisted ..2 and OURS",
            "requested|booked|request|book|scheduled|schedule|arrange|arranged|want|like ..2 OURS OURS*2 demo|trial|quote",
            "demo|quote|trial of|for ..2 OURS",
            "signing|signed|sign up for|to ..1 OURS",
            "upgrade|upgrading|expand ..2 OURS OURS*2 plan|account|subscription|licence|license",
            "OURS ..3 student|nonprofit|charity|volume|education discount",
            "discount|quote|pricing for|on|of ..2 OURS",
            "quote for ..3 OURS <seats>",
            "leaning toward|towards|to OURS",
            "<we> ..1 might|may|could|will|'ll <move>|switch|move|migrate ..3-OURS to OURS",
            (
                "considering|planning|plan|thinking|want|like|love|hope|hoping to|of|about? ..1 "
                "switch|move|migrate|switching|moving|migrating "
                "..4-OURS to OURS"
            ),
            "take my money",
            "pull|pulling the trigger on ..1 OURS",
            "OURS ..3 on our|my|the shortlist",
            "promo|coupon|voucher|discount code|codes? for ..2 OURS",
            "become|becoming a|an OURS customer|subscriber",
            "OURS ..2 worth buying|paying",
        ),
        unless=(
            "<not> ..3 <buy>",
            "<not> ..3 interested|considering|signing|thinking|planning|plan|want|going|switch|move",
            "they|he|she|who|people|analyst|analysts|expects ..4 <buy>",
            "you|they|he|she ..3 sign|signed|signing",
            "considering|thinking ..4 from|off ..2 OURS",
            "considering OURS might|may|will|is|was|has|had|can|did|does",
            "you|they|he|she ..2 interested",
            "job|role|career|apply ..4 OURS",
            "interested ..6 acquiring|job|role|shares|stock",
            "buy|purchase|buying ..2 rival|company|shares|stock",
            "OURS shares|stock|hq|office",
            "pay ..2 me|you|him|her",
            "trial of ..3 ended|over",
            "to ghent|live|study",
            "<buy> ..2 help|support|answer|refund|rid|back|invoice|work|out|access",
            "refund",
        ),
        questions=True,
    ),
    Rule(Intent.BUYING, ("very|really|definitely|also? interested in ..1 OURS",), at_start=True),
    Rule(
        Intent.BUYING,
        (
            "how much is|does|would|for|are|do ..3 OURS",
            "what does|would|do|is ..3 OURS ..3 cost|price|pricing",
            "how much ..6 OURS ..2 cost|costs",
            "where|how can|do|could <we> ..1 buy|purchase|order|get ..3 OURS",
            "quote for ..4 <seats>",
            "talk|speak|contact|chat to|with? ..4 enterprise|sales|pricing|buying|purchasing",
            "OURS ..4 trial ..3 for",
            "discount for|on ..3 OURS",
        ),
        unless=("how much is|does ..3 OURS ..2 worth|worth|employees", "refund|cancel", "cost|costs me|us ..3 time"),
        questions=True,
    ),
    Rule(
        Intent.BUYING,
        (
            "buy|add|adding|buying|need|order|ordering|purchase|purchasing|get|want NUM ..3 <seats>",
            "sales rep|team|person contact|call|phone|e-mail|email",
            "buy|add|adding|buying|need|order|ordering|purchase more|extra|additional ..1 <seats>",
            "signing up tonight|now|today|tomorrow|right",
            "<we> intend|plan|want|'d to subscribe|sign|purchase|buy PUNCT*3",
        ),
        unless=("<not> ..3 buy|add|adding|need|order|want", "they|he|she ..3 add|buy|need"),
        alone=True,
        questions=True,
    ),
)
