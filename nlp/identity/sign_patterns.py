"""The signs of accounts that are no customer's own: patterns and word lists, no rules."""

from __future__ import annotations

import re


def _any(patterns: str) -> re.Pattern[str]:
    """Any of the patterns, one a line. Whether a word begins is asked once, not for each pattern anew: that takes the time."""
    lines = [f"(?:{line.strip()})" for line in patterns.strip().splitlines()]
    opening = "(?:\\b"
    words = "|".join(f"(?:{line.removeprefix(opening)}" for line in lines if line.startswith(opening) and not _splits(line))
    rest = [line for line in lines if not line.startswith(opening) or _splits(line)]
    return re.compile("|".join([*([f"\\b(?:{words})"] if words else []), *rest]), re.IGNORECASE)


def _splits(line: str) -> bool:
    """Whether a pattern has alternatives outside of its own brackets: their beginnings cannot be told together."""
    inner = line[3:-1]
    while (shorter := re.sub(r"\\.|\[[^\]]*\]|\([^()]*\)", "", inner)) != inner:
        inner = shorter
    return "|" in inner


PARODY = _any(
    r"""
    \bparod[iy]
    \bsatir
    \bfan[ -]?(?:account|page|club|konto|seite|art of)\b
    \bimpersonat
    \brole ?play\b
    \bspoof\b
    \bfake account\b
    \bnot (?:the )?real\b
    \b(?:tribute|stan) account\b
    \bjokes? account\b
    \bcompte parodique\b
    \bcuenta parodia\b
    """
)
PARODY_NAME = re.compile(r"^\s*(?:not|fake|definitely|nicht|faux|falso)\s+\w|\((?:fan|fake|not|parody|parodie)\b", re.IGNORECASE)
PARODY_HANDLE = re.compile(
    r"(?:^|[_.-])(?:not|fake|parody|real(?:ly)?not|satire)(?:[_.-]|(?=\w{5}))|parody|_fan$|satire", re.IGNORECASE
)
MONEY = _any(
    r"""
    \bcrypto\b
    \bbitcoin\b
    \b(?:btc|eth|usdt|xrp)\b
    \bforex\b
    \binvest(?:ment|or|ing|ition)?s?\b
    \btrading signals?\b
    \bgive-?aways?\b
    \bairdrop
    \bdouble your\b
    \bget (?:it )?doubled?\b
    \bprofits?\b
    \bwallet\b
    \bloans?\b
    \bgewinnspiel\b
    \binversi[oó]n(?:es)?\b
    \binvestissement
    \bgratis geld\b
    \bfree money\b
    \bcash ?app\b
    \bnft mint\b
    \bgift ?cards?\b
    \bfund recovery\b
    \brecover(?:y)? (?:your )?(?:lost )?(?:funds|account|money)\b
    \bwinners?\b
    \bclaim\b
    """
)
CONTACT = _any(
    r"""
    \b(?:dm|pm|message|contact|text|whatsapp)\b.{0,24}\b(?:me|us|for|on|now|via|to|here)\b
    \b(?:write|inbox|msg|schreib|kontakt|escr[ií]beme|contactez|hmu)\b.{0,24}\b(?:me|us|for|on|now|mir|moi|via|to|here)\b
    \btelegram\b
    \bwhats ?app\b
    \bt\.me\b
    \bwa\.me\b
    \bsend\b
    \bdm\b
    """
)
MESSENGER = _any(
    r"""
    \btelegram\b
    \bwhats ?app\b
    \bt\.me\b
    \bwa\.me\b
    \b(?:dm|pm|inbox|hmu)\b
    """
)
"""Ways of contact that frauds prefer; "contact me at" is anybody's."""
BACKUP = _any(
    r"""
    \b(?:back-?up|second(?:ary)?|alt(?:ernate)?|verified) (?:official )?(?:account|page|profile|id)\b
    \b(?:new|private|real|only) (?:official )?(?:account|page|profile)\b(?!\s+(?:manag|exec|direct|handl|lead|rep|supervis))
    \bofficial (?:back-?up|private|personal|second)\b
    \b(?:old|main|other|previous) (?:account|page) (?:was |got |is )?(?:hacked|banned|suspended|locked|lost|disabled)\b
    \b(?:hacked|banned|suspended)\b.{0,20}\baccount\b
    \baccount (?:was |got |is )?(?:hacked|banned|suspended|locked)\b
    \bersatzkonto\b
    \bcompte (?:secondaire|de secours)\b
    \bcuenta (?:de respaldo|oficial|secundaria)\b
    """
)
ROBOT = _any(
    r"""
    ^\W*automated\b(?!\s+\w*test)
    \bautomated (?:account|posts?|feed|tweets?|updates?|news)\b
    \bauto-?(?:post|tweet|generated)
    \b(?:a|am|this) (?:ro)?bot\b
    \bbot (?:that|which|for|by|posting)\b
    \bnot monitored\b
    \bunmonitored\b
    \brss feed\b
    \bjob (?:alerts?|board|bot|feed)\b
    \b(?:news|unofficial|automatic) (?:feed|ticker|stream)\b
    \b(?:feed|mirror) of\b
    \bi am a bot\b
    \bautomati(?:sch|que|co|sed|sé|zado|sk)\b
    \bposts? every\b
    \bevery (?:hour|\d+ minutes)\b
    \bstatus (?:updates|bot|monitor)\b
    """
)
ROBOT_SURELY = re.compile(r"bot\b|automat|auto-|monitored|rss|generated", re.IGNORECASE)
"""What only robots say; "status updates" and "jobs" are said by people too."""
ROBOT_HANDLE = re.compile(
    r"(?:^|[_.-])bot(?:[_.-]|$)|(?<=[a-z]{3})bot\d*$|^jobs?[_.-]|[_.-]jobs?$"
    r"|(?:news|rss|alerts?|feed|status)bot|[_.-](?:rss|feed|alerts?)$",
    re.IGNORECASE,
)
ROBOT_NAME = re.compile(
    r"\b(?:job alerts?|jobs at|rss|bot|news ?feed|alerts?|status)\b\s*(?::|$)"
    r"|^\s*(?:jobs?|news|alerts?|stellenangebote)\b.{0,4}[:@-]",
    re.IGNORECASE,
)
BRAND_BIO = _any(
    r"""
    \bofficial\b.{0,30}\b(?:account|channel|page|feed|profile|home|handle|presence)\b
    \bthe official\b
    \boffizielle[rsn]?\b
    \bcompte officiel\b
    \bcuenta oficial\b
    \bprofilo ufficiale\b
    \bofficieel\b
    ^\s*we(?:'re| are| build| make| help| design| create| offer| provide)\b
    \b(?:support|help|hilfe|aide|soporte|contact)\s*:\s*\S{1,64}@
    \bfor (?:support|help)\b.{0,20}\b(?:visit|see|contact|mail|e-?mail)\b
    \bwir (?:bauen|sind|machen|entwickeln|helfen)\b
    \bnous (?:sommes|cr[ée]ons|aidons)\b
    \bfollow us\b
    \bnews (?:and|&) updates (?:from|by|about)\b
    """
)
ORGANISATION_WORDS = frozenset(
    [
        "support",
        "official",
        "hq",
        "team",
        "careers",
        "engineering",
        "press",
        "news",
        "help",
        "status",
        "developers",
        "devs",
        "labs",
        "inc",
        "gmbh",
        "ltd",
        "llc",
        "plc",
        "ag",
        "holdings",
        "group",
        "community",
        "marketing",
        "sales",
        "app",
        "apps",
        "global",
        "studio",
        "solutions",
        "services",
        "systems",
        "technologies",
        "software",
        "jobs",
        "security",
        "updates",
        "customer",
        "care",
        "europe",
        "uk",
        "usa",
        "us",
        "de",
        "dach",
        "emea",
        "apac",
        "international",
        "worldwide",
        "blog",
        "podcast",
        "tv",
        "media",
        "events",
        "partners",
        "cloud",
        "api",
        "docs",
        "research",
        "design",
        "offiziell",
        "officiel",
        "oficial",
        "ufficiale",
        "kundenservice",
        "kundendienst",
    ]
)
"""Words beside a company's name in the display name of its own account."""
HANDLE_ENDS = (
    "official",
    "hq",
    "app",
    "apps",
    "support",
    "team",
    "help",
    "inc",
    "io",
    "ai",
    "dev",
    "eng",
    "global",
    "news",
    "status",
    "jobs",
    "careers",
    "hilfe",
    "labs",
    "co",
    "uk",
    "us",
    "de",
    "eu",
    "cares",
    "care",
    "tech",
)
HANDLE_STARTS = (
    "official",
    "get",
    "try",
    "use",
    "hello",
    "team",
    "the",
    "ask",
    "we",
    "join",
    "go",
    "askteam",
    "hey",
    "real",
    "its",
)
OUTSIDER = _any(
    r"""
    \bun-?official\b
    \binoffiziell
    \bnon[ -]officiel
    \bno oficial\b
    \bnot? (?:affiliated|associated|endorsed|connected)\b
    \bno affiliation\b
    \bindependent\b
    \bunabhängig
    \bindépendante?\b
    \bindependiente\b
    \b(?:tips|tricks|tutorials?|help|templates|news) (?:and \w+ )?(?:for|on|about|around) \S+
    \b(?:guides?|training|courses?|consult(?:ing|ancy)|reviews) (?:and \w+ )?(?:for|on|about|around) \S+
    \b(?:certified|accredited|authori[sz]ed) [\w ]{0,40}(?:partner|reseller|consultant|trainer|expert|agency)\b
    \bzertifizierter? [\w ]{0,40}(?:partner|berater|trainer)\b
    \b(?:users?|customers?) (?:group|community|club|forum)\b
    \bfan of\b
    \bnicht verbunden\b
    \bsin afiliaci[oó]n\b
    \bwe help .{0,40}\b(?:users|customers|teams)\b
    \bclients?\b\s*(?::|\binclud|\blike\b|\bsuch as\b)
    \b(?:for|my|our|past|of) clients\b
    \b(?:kunden|referenzen|clienti|clientes|klienci|klanten|kunder)\s*:
    \b(?:werbung|kampagnen|texte|marketing|design|pr|publicit[ée]|publicidad|pubblicit[àa]|reklame?|reclame)\s+(?:f[üu]r|for|pour|para|per|voor|dla)\b
    \b(?:do|doing|handle|run|make) (?:the )?(?:pr|ads|advertising|marketing|comms|campaigns|branding)\b.{0,20}\bfor\b
    ^\W*(?:pr|ads|advertising|comms|campaigns|branding)\b.{0,12}\bfor\b
    \bconsultant to\b
    \badvis(?:or|er|ing) to\b
    \bagency (?:of record|for|partner)\b
    \b(?:partner|lead|creative|media) agency\b
    \bat an agency\b
    \b(?:agence|agencia|agenzia|agentur|ag[êe]ncia)\b.{0,40}(?:\(|:|\bpour\b|\bpara\b|\bper\b|\bf[üu]r\b)
    \btrusted by\b
    \bfreelanc\w*\b.{0,50}\b(?:clients?|for|f[üu]r|pour|para|per|voor|dla)\b
    \bfreie[rs]?\b.{0,40}\bf[üu]r\b
    \bfreiberuflich\b.{0,40}\bf[üu]r\b
    \bworked with\b
    """
)
CLAIMING = re.compile(r"(?:the|its|iam|im)?(?:real|official)[_.-]|(?:the)?(?:real|official)(?=[a-z]{6})", re.IGNORECASE)
SHORTENERS = frozenset(
    [
        "bit.ly",
        "t.me",
        "wa.me",
        "tinyurl.com",
        "goo.gl",
        "cutt.ly",
        "rebrand.ly",
        "is.gd",
        "t.co",
        "rb.gy",
        "shorturl.at",
        "telegram.me",
    ]
)
NUMBERED = re.compile(r"(?<![a-z_.-])[a-z_.-]+(\d{4,})$", re.IGNORECASE)
