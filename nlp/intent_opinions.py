"""The rules for what an author thinks: praise, complaint, and what makes praise worth quoting.

Words that praise or blame count where they stand in a relation to our name ("Quillon is a joy", "awful support from Quillon")
or in a sentence that names nobody and goes on about us ("Best decision of the year."). A recommendation, a move or a bare
fault ("Quillon crashes") is neither praise nor complaint.
"""

from __future__ import annotations

from listener.core.analysis import Intent
from nlp.intent_notation import Rule

_HYPOTHETICAL = "if|would|could|should|might|whether|wish|hope|hopefully|supposed|unless|until|used"
_REPORTED = "he|she|they|says|said|told|asked|heard|swears"

_NO_PRAISE = (
    "<not> ..3 <fine>",
    "<not> ..3 love|adore|enjoy|like|enjoying|loving|pleased|happy|impressed|fan|joy|pleasure",
    f"{_HYPOTHETICAL} ..4 <fine>",
    f"{_HYPOTHETICAL} ..3 love|adore|enjoy|like|happy|joy",
    f"{_REPORTED} ..2 OURS? ..2 <fine>|love|loves",
    "too <fine> to be",
    "better|worse|sooner ..2 OURS",
    "less|hardly|barely|anything ..2 <fine>",
    "great|brilliant|wonderful|lovely|fantastic|nice PUNCT another|now|more|yet",
    "<fine> ..1 price|bug|bugs|outage|error",
    "easy ..2 to|for ..4 cancel|leave|lose",
    "<cheer> ..3 nothing|god|heavens|goodness|you|advance",
    "<cheer> in advance",
    "<cheer> a lot|bunch",
    "love|like|adore|happy|glad|pleased|great to ..1 <buy>|see|have|know|hear|pay|switch|move|talk|chat|help|test",
    "<fine> if|when|until|but",
    "idea|good luck|nice try",
    "good|great|nice|best ..1 alternative|replacement|day|morning|evening|afternoon|luck|question|regards|wishes|practice",
)

PRAISE = (
    Rule(
        Intent.PRAISE,
        (
            "OURS ..4 <be> <very>*3 <good>",
            "OURS ..4 <be> <very>*3 <joy>",
            "OURS <be> <very>*3 <fine>",
            "OURS WORD*2 <be> <very>*3 <fine>",
            "OURS ..3 <be> ..3 best|nicest|favourite|favorite|finest|loveliest|slickest|smoothest",
            "OURS ..5 <be> ..1 <good> <thing>",
            "OURS 's ..3 <be> <very>*3 <fine>",
            "<good> ..1 <thing> ..3 OURS",
            "<good> OURS",
            "OURS ..1 PUNCT? <good> <thing>",
            "OURS rocks|rock|shines|delivers|nailed|nails|slaps",
            "OURS ..1 just|simply|really? works|work great|well|perfectly|beautifully|brilliantly|wonderfully|flawlessly",
            "OURS ..1 has|have|had? saved|saves|saving|rescued ..1 my|our|us|me|the",
            "OURS ..1 beats|beat|trounces",
            "OURS hands down",
            "<we> <surely>*3 do? love|adore|enjoy|heart|like ..5-RIVAL OURS",
            "<we> am|'m|are|'re|m ..2 loving|enjoying|liking ..5-RIVAL OURS",
            "<we> am|'m|are|'re|m|have|'ve|was|were been? <very>*3 <pleased> with|by|for|to ..4-RIVAL OURS",
            "<pleased> with|by|for|at ..3-RIVAL OURS",
            "pleasantly surprised ..3 OURS",
            "fan|fans of ..3 OURS",
            "in love with ..3 OURS",
            "can|ca|could n't|not live|imagine|fault|praise|complain|do|work|cope ..2 OURS",
            "thanks|thank|kudos|props|congrats|congratulations|cheers|shoutout|ty|thx to|you? ..4-RIVAL OURS",
            "shout PUNCT? out to ..3 OURS",
            "hats off to ..3 OURS",
            "well done ..2 OURS",
            "bravo ..2 OURS",
            "OURS ..6 well done|thanks|thank|kudos",
            "best|nicest|finest|loveliest|favourite|favorite ..4 <thing>|purchase|thing|decision|money ..3 OURS",
            "OURS ..6 best|nicest|finest|favourite|favorite ..3 <thing>|purchase|decision|thing|money|piece",
            "OURS ..2 😍|❤|❤️|🥰|👏|💯|🔥|🙌|💜|💚|💙",
            "😍|❤|❤️|🥰|👏|💯|🔥|🙌 ..2 OURS",
            "well done|kudos|congrats|props ..6 OURS",
            "rock|rocks|awesome|amazing|fantastic|brilliant PUNCT? @? OURS",
            "OURS gets|stays|get out of my|our|the|your way",
            "lovely|superb|brilliant|excellent|great|amazing|fantastic|friendly ..3 at|from|by ..2 OURS",
            "OURS makes|made|make ..3 painless|easy|easier|smile|simple|happy|bearable|fun|pleasant",
            "OURS ..3 makes|made me smile|happy",
            "OURS ..6 never let|lets ..1 down",
        ),
        unless=_NO_PRAISE,
    ),
    Rule(
        Intent.PRAISE,
        (
            "really|absolutely|still|totally|honestly? loving|love|adore|enjoying|enjoy|loved|adoring ..7-RIVAL OURS",
            "so|very|really|pleasantly|extremely|genuinely? <pleased>|surprised with|by|at ..3 OURS",
            "big|huge|massive fan|fans of ..3 OURS",
            "thanks|thank|kudos|cheers|bravo|congrats ..7 PUNCT OURS",
        ),
        unless=_NO_PRAISE,
        at_start=True,
    ),
    Rule(
        Intent.PRAISE,
        (
            "love|loving|loves|adore|adores|enjoy|enjoying it|them|this|everything",
            "<we> love|adore the",
            "it|this|that|they|everything|which <be> <very>*3 <fine>",
            "it|this|that|they <be> ..1 <very>*3 <joy>",
            "<good> <thing>",
            "<very> <good>",
            "best ..3 ever|year|used|had|tried|made|decision|purchase|money|month|move|far",
            "<we> am|'m|are|'re|was|were <very>*3 <pleased>",
            "life PUNCT? changing|saver|changer",
            "game PUNCT? changer|changing",
            "rock solid",
            "rocks|flawless|superb|brilliant|fantastic|awesome|amazing|wonderful|excellent|lovely|outstanding",
            "could|can n't|not be <very>*2 happier|better|easier|simpler",
            "ca|can n't|not fault|live|imagine|praise",
            "never look|looked|going back",
            "never let|lets ..1 down",
            "thanks|thank you? so much",
            "thanks|thank|kudos|bravo|cheers PUNCT*3",
            "works|work|worked great|perfectly|beautifully|brilliantly|wonderfully|flawlessly|well",
            "worth every|the penny|cent|money|price",
            "genuinely|really|very|so|seriously|properly impressed|happy|pleased|grateful",
            "well|great|good|nice|stellar done|job|work",
            "makes|made me|us smile|happy",
            "hands down PUNCT*2",
            "five|5 stars",
            "so much nicer|better|easier|simpler|faster",
            "what a difference|joy|relief|tool|gem|delight",
        ),
        unless=(*_NO_PRAISE, "what a difference ..4 makes"),
        alone=True,
        unnamed=True,
    ),
    Rule(
        Intent.PRAISE,
        (
            "love|loving it|them|this",
            "the|our|my team|staff|everyone|whole|clients|students loves|love it",
            "worth every|the penny|cent",
            "the|your|their ..2 <thing> <be> <very>*3 <fine>",
            "can|ca|could n't|not say enough",
            "it|this|they <be> <very>*3 <good>",
            "it|this|they <be> <very>*3 a? <joy>",
            "second to none",
            "spot|bang on PUNCT*2",
            "blown away by",
            "exceeded|exceeds|surpassed ..2 expectations",
            "made my day|week",
            "works|worked|runs|run like a charm|dream|treat",
            "you|u <joy>",
            "you are|guys|people|'re ..3 <good>|legends|stars|heroes",
            "👍|💯|👏|🙌",
            "best decision|purchase|money|move ..4",
            "nicest|best ..2 <thing> ..4 used|tried|had|seen",
            "could|can n't|not be happier",
            "game PUNCT? changer|changing",
            "life PUNCT? changing|saver|changer",
            "rock solid",
            "impressed|chuffed|delighted so far",
            "5|five stars from",
        ),
        unless=_NO_PRAISE,
        alone=True,
    ),
)

RESULTS: tuple[str, ...] = (
    "saved|saves|saving|save me|us ..4 <span>|money|thousands|pounds|dollars|time|fortune",
    "saved|saves ..7 <span> ..1 a|per|every|each",
    "<cut> our|my|the ..3 PUNCT? ..3 by|from|to|in",
    "<cut> ..4 from ..4 to",
    "<cut> ..3 by NUM",
    "<raise> our|my",
    "our|my ..5 dropped|fell|down|up|rose|grew|improved|halved|doubled|shrank by|to? half",
    "our|my ..5 dropped|fell|down|up|rose|grew|improved|shrank by|to? a? third|quarter",
    "dropped|fell|down|up|rose|grew|improved|increased by? NUM %|percent",
    "our|my ..3 went|gone|dropped|fell|down|up from NUM",
    "paid|pays|paying for itself",
    "in half|quarter|fraction of? the time",
    "NUM <span> instead",
    "instead of a|an <span>",
    "with ..6 it is|'s|takes NUM <span>",
    "what|which|that|it used to? take|took ..4 takes|took|now|only",
    "used to spend|take|need ..6 PUNCT ..8 NUM <span>",
    "backlog ..2 gone|cleared|empty",
    "replaced NUM ..2 tools|apps|systems|programs|programmes|spreadsheets|services",
    "has|have|'s|had never let me|us down",
    "never a lost",
    "not one|a lost|single",
    "no|zero support? tickets|complaints|downtime|outages ..4 since|in",
    "zero support tickets",
    "NUM ..3 signed|sent|shipped|closed|finished|processed in ..2 one|a|an",
    "with the same headcount|team|staff|people",
    "% faster|quicker|cheaper|fewer",
    "twice as fast|quick|many|much",
    "at half the cost|price",
    "made our|my ..4 painless|effortless|easier|faster",
)
"""What came of using it. Told first-hand, a testimonial (it is praise by itself)."""

USES: tuple[str, ...] = (
    "used|using|been|run|ran|had|on|with|user|users|customer|customers ..6 for|since|after|over ..3 <period>",
    "used|using|been|on|with|user|customer ..4 since NUM",
    (
        "used|using|been|on|with|user|customer ..4 since january|february|march|april|june|july|august|"
        "september|october|november|december|last"
    ),
    "for|in|after|over ..2 NUM <period> ..5 used|using|been|with|on",
    "since <we> started|switched|moved|began|adopted ..4",
    "NUM <period> of|on|with|in|into OURS",
    "NUM <period> of ..1 use",
    "NUM <period> in and",
    "NUM <period> ..1 and OURS",
    "NUM <period> ago <we> switched|moved|dropped|adopted|started|rolled",
    "used|using|use ..4 daily|every",
    "rolled ..5 to NUM ..1 people|users|seats|staff|employees",
    "team|staff|school|company|office|practice|clinic|firm of NUM ..4 OURS",
    "across NUM ..2 <seats>",
    "<we> ..1 use|love|like|prefer ..5 mainly|mostly|largely|because",
    "best|great|love|better|favourite|favorite ..8 because|mainly|since",
)
"""First-hand use, told with a number, a time or a reason: with praise, a testimonial."""

FIRST_HAND = frozenset(["i", "we", "my", "our", "me", "us"])

ELLIPTIC = frozenset(["been", "using", "used", "switched", "moved", "after", "since", "honest"])
"""A sentence that begins with one of these leaves out its "I"."""
