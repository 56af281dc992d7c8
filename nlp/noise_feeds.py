"""The signs of posts that nobody wrote for this place: bots and press releases."""

from __future__ import annotations

from listener.core.analysis import Noise
from nlp.noise_notation import signs

BOT = signs(
    Noise.BOT,
    (
        2,
        "it says that it was posted by a program",
        (
            r"\b(?:posted|mirrored|tweeted|published) automatically\b|\bposted by statuspage\b|\bvia (?:buffer|ifttt|"
            r"zapier|dlvr\.it|hootsuite|statsbot)\)?$|\bvia #\w{3,30}\s{0,3}$|\bthis is an automated (?:message|reply|"
            r"post)(?:,? please do not reply)?[.)]{0,3}\s{0,3}$|^\W{0,2}rss\]|\breplies are not read\b"
        ),
    ),
    (1, "it wants no answer", r"\b(?:please do not reply|automated (?:message|reply|post)\b.{0,5}$|thanks for following)\b"),
    (
        1,
        "a release notice",
        (
            r"^[^\n]{0,80}\bv?\d+\.\d+(?:\.\d+)?\S{0,12} (?:(?:is |was )?(?:just )?(?:released|published)\b|on pypi)|"
            r"^new release:|^\S{2,40} v?\d+\.\d+\.\d+\S{0,10} (?:-|–|released|:)|\bchangelog:|"
            r"\brelease notes, commits\b"
        ),
    ),
    (1, "a place of packages", r"\b(?:pypi|to npm|/releases/|compatibility score|docker hub|crates\.)"),
    (2, "a dependency update", r"^bumps? \S{1,60} from \S{1,30} to \S{1,30}|\bdigest sha256:|\bwas just published to npm\b"),
    (
        2,
        "a build report",
        (
            r"\b(?:(?:build|pipeline) #\d+ (?:of \S{1,60} )?(?:passed|failed|succeeded)|workflow run \d+ for|"
            r"monitor is (?:down|up)\b|tests, \d+ failures|\(commit [0-9a-f]{6,40})"
        ),
    ),
    (
        1,
        "a status notice",
        (
            r"(?:^|- )\W{0,2}(?:resolved|investigating|monitoring|identified|scheduled)(?:\]| - )|"
            r"\b(?:downtime started|elevated error rates|duration: \d+m|we have identified the cause)"
        ),
    ),
    (1, "a time with its zone", r"\b\d\d:\d\d utc\b"),
    (
        1,
        "a stock symbol",
        r"\$[a-z]{2,5}\b(?!\w)|\b(?:closes at|closed at|crosses (?:above|below)) \d|\bcrosses (?:above|below)\b",
    ),
    (
        1,
        "numbers of a stock",
        (
            r"[+-]\d{1,3}\.\d+\s?%|\bvol(?:ume)? \d|\bday range\b|\bmarket cap\b|\brsi \d|\b(?:down|up) \d+\.\d%|"
            r"\bunusual volume\b|\bmoving average\b"
        ),
    ),
    (1, "a temperature", r"\b\d{1,3}(?:\.\d)?\s?°\s?[cf]\b|\btemperature \d"),
    (1, "readings of instruments", r"\b(?:humidity|pressure \d|hpa\b|wind \d|gust \d|rain \d|battery \d|depth \d)"),
    (1, "an earthquake report", r"\bm \d\.\d\b|\bearthquake, \d"),
    (1, "more of an earthquake report", r"\bearthquake\b"),
    (
        2,
        "an automatic share",
        (
            r"^[^\n]{0,40}\bjust posted a (?:photo|video) https?://|^i'm at [^\n]{3,80} https?://|^now playing: |"
            r"^i just finished (?:running|cycling|walking) \d|\(\d+ points, \d+ comments\)|\bedited anonymously from\b|"
            r"@ [^\n]{3,60} https?://\S{1,80}/c/\w|^newly registered domains:|\bmy top artists\b"
        ),
    ),
    (1, "a list of trends or counts", r"\btrending now\b|\bdaily stats:|\bunfollowers?\b|\b\d+ new followers\b|^mayor of\b"),
    (1, "numbered lines", r"\b1\. \S.{0,60}\b2\. \S"),
    (1, "a listing", r"^for sale: |^price drop: |\bref\. ?\d|\bused, good condition\b"),
    (1, "a listed price", r"\b(?:price|now) [£$€]?\d[\d.,]{0,9}|\(was [£$€]\d"),
    (1, "a reminder", r"^reminder: \S"),
)

_WIRE = (
    r"/prnewswire/|\bpr ?newswire\b|\(?business ?wire\)?--|\bglobe ?newswire\b|\(prweb\)|/ ?accesswire ?/|"
    r"\(newsfile corp\.|/einpresswire|\(ots\)|\bnews aktuell\b"
)
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
PRESS = signs(
    Noise.PRESS_RELEASE,
    (3, "the line of a news wire", _WIRE),
    (
        3,
        "it is marked for release",
        (
            r"^\W{0,3}(?:for immediate release|embargoed until|media alert:|(?:press|news|media) release ?[:-]|"
            r"pressemitteilung|communiqué de presse|comunicado de prensa|comunicato stampa|regulatory announcement)"
        ),
    ),
    (
        2,
        "a dateline",
        rf"(?:^|\n|- )[^\W\d_][\w .,'-]{{2,40}}, (?:{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}) ?(?:--|–|—|-) ?",
    ),
    (
        1,
        "an announcement",
        (
            r"\b(?:(?:has )?today (?:announced|unveiled|launched)|announced today|(?:is )?(?:pleased|proud|"
            r"thrilled) to announce (?:the|its|that|iso)|announces? (?:that|strategic|integration|research|"
            r"the (?:closing|acquisition))|announced a partnership|said in a statement today|names? .{2,40} as chief|"
            r"appoints new|completes acquisition|to present at|to host|reports record)\b"
        ),
    ),
    (
        2,
        "a company's description of itself",
        (
            r"(?:^|\n|[.!?:\"”»#]\s{1,3}|- |\| )(?:about|über|à propos de|"
            r"acerca de) [\w .&-]{2,40}?\s?: ?(?!(?:is|it|i|we|my|they|that|why)\b)\S[^.\n]{0,60}\b(?:(?:is|ist|"
            r"est|es) (?:a|an|the|un|ein|una|líder|der|"
            r"die)\b|provides|founded in)|\bboilerplate:|\bis a publicly traded\b"
        ),
    ),
    (
        1,
        "a heading about the company",
        (
            r"\babout (?:the )?[\w .&-]{2,40}(?:\s{0,2}(?:$|###)|\. )|\b(?:a |the )(?:world's |"
            r"uk's )?(?:leading (?:provider|platform|company)|global leader|trusted [\w-]{2,20} platform|"
            r"fastest growing)\b|\bindustry's first\b|\bheadquartered in\b"
        ),
    ),
    (1, "forward-looking statements", r"\bforward-looking statements\b|\bsafe harbor\b"),
    (
        1,
        "the caution of lawyers",
        (
            r"\b(?:within the meaning of|risks and uncertainties|contains forward-looking|"
            r"private securities litigation|inside information|terms of the transaction were not disclosed|"
            r"exclusive financial advis[oe]r)\b"
        ),
    ),
    (
        2,
        "a contact for the press",
        (
            r"\b(?:press|presse|prensa|stampa|ir|pr|media)@[\w-]{1,40}\.|\b(?:pressekontakt|contact presse|"
            r"contacto de prensa|contatti stampa|press contact|media contacts?|investor relations contact)\s?:|"
            r"\bnotes to editors\b|\bmedia registration\b|\bmedia inquiries\b"
        ),
    ),
    (
        1,
        "the words of an officer",
        (
            r"[\"”],? (?:said|says|commented|added) (?:\w+ \w+, (?:ceo|chief|president|founder|head)|"
            r"the company's chief)|\bwe are (?:thrilled|honou?red|excited|delighted|proud) to (?:partner|receive|"
            r"announce|welcome|join)"
        ),
    ),
    (
        1,
        "where to read more",
        (
            r"\bfor more information, (?:please )?(?:visit|contact)|\blearn more at www\b|\brelated links\b|"
            r"\bfor further information\b|\bconference call details\b"
        ),
    ),
    (
        1,
        "news for investors",
        (
            r"\b(?:financial results|(?:first|second|third|fourth) quarter(?: results)?|quarterly dividend|"
            r"private placement|granted stock options|director/pdmr|series [a-e] led by|board of directors|"
            r"revenue grew \d)\b|\((?:tsxv?|nasdaq|nyse|lse):"
        ),
    ),
    (
        2,
        "a market report for sale",
        (
            r"\b(?:cagr (?:of )?\d|market is expected to grow|researchandmarkets|report has been added to|"
            r"market size, share|trends analysis report)\b"
        ),
    ),
    (
        1,
        "marks of a release",
        r"###|\bends\s{0,3}$|^source \w|\bsource [\w, .]{3,30} related links\b|\bnewsroom\b|\bavailability: ",
    ),
)
