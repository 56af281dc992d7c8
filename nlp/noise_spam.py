"""The signs of spam: what nobody who knows us would write."""

from __future__ import annotations

from listener.core.analysis import Noise
from nlp.noise_notation import signs

SPAM = signs(
    Noise.SPAM,
    (
        1,
        "a private messenger",
        (
            r"\b(?:(?:message|contact|join|dm|text|add|via|on|or)[^.\n]{0,30} (?:whatsapp|telegram|hangouts)|"
            r"whatsapp \+?\d|t\.(?:me|example)/|dm me on|comment \"info\"|message her|contact him|text me on|"
            r"links? in (?:bio|profile)|profile link in bio|dm for|link below)"
        ),
    ),
    (
        1,
        "a promise of easy money",
        (
            r"\b(?:earn|make|makes?|making|earning)\s[£$€]?\s?\d[\d,.]{0,8}k?\s?(?:a|per|every|/)?\s?(?:day|week|month|"
            r"weekly|daily|monthly|hour)|[£$€]\d+/day\b|\bwill be rich\b|\bask me how\b"
        ),
    ),
    (
        1,
        "how easy it is",
        (
            r"\b(?:passive income|guaranteed profit|no experience needed|(?:work|money|week) from home|begin investing|"
            r"win rate|financial freedom|makes? \S{1,8} (?:monthly|weekly|daily) online|lost (?:her|his) job but)\b"
        ),
    ),
    (2, "trading bait", r"\b(?:trade signals|fixed matches|sure odds|vip (?:channel|group)|binary options)\b"),
    (1, "trading", r"\b(?:forex|trading signals|\d\d% accuracy|to begin investing)\b"),
    (1, "links for sale", r"\b(?:backlinks|dofollow|link insertion|guest posts?)\b"),
    (
        1,
        "places in search engines for sale",
        (
            r"\b(?:seo (?:services|backlinks|agency)|rank (?:your website|higher)|first page of google|"
            r"(?:high )?da (?:\d\d\+?|backlinks)|\d+ links for [£$€]?\d)"
        ),
    ),
    (
        2,
        "reviews or followers for sale",
        r"\bbuy (?:\w+ ){0,3}(?:reviews|followers|likes|backlinks)\b|\b\d+k? (?:real )?followers in\b",
    ),
    (
        2,
        "cracked software",
        (
            r"\b(?:serial key|keygen|(?:working )?crack(?:ed)? (?:\+|free|download|version|\d{4})|mod apk|"
            r"premium unlocked|full version (?:torrent|free))\b"
        ),
    ),
    (
        1,
        "cheap keys or downloads",
        r"\b(?:cheap (?:\w+ )?keys|lifetime key|free download full|premium for free|no survey|latest version download|torrent)\b",
    ),
    (
        1,
        "a seller's words",
        r"\b(?:instant (?:delivery|report)|best price|cheap prices|low price|free shipping worldwide|a\+ guaranteed)\b",
    ),
    (
        1,
        "crypto",
        (
            r"\b(?:presale|pre-sale|to the moon|100x|altcoins?|usdt|whitelist spots|opensea|connect your wallet|"
            r"airdrop|mint (?:is live|now)|nft mint|drop your wallet|token listing|early buyers)\b|#(?:crypto|nft|web3|"
            r"presale|altcoin|moon|bitcoin)\b"
        ),
    ),
    (1, "more crypto", r"\b(?:free [\w ]{0,12}tokens?|on \d exchanges|wallet\b|claim up to|mint now)|#nft\b"),
    (1, "gambling", r"\b(?:online casino|casino bonus|free spins|no deposit|slots)\b"),
    (1, "more gambling", r"\b(?:casino\.|jackpot|betting|bonus \d{4})\b"),
    (1, "pills", r"\b(?:viagra|cialis)\b"),
    (1, "a pharmacy", r"\b(?:no prescription|online pharmacy|cheap pills)\b"),
    (
        1,
        "sure gain",
        (
            r"\b(?:guaranteed (?:returns?|income|results?|ranking)|double your|invest(?:ed)? (?:only )?[£$€]\d|"
            r"make money (?:online|fast)|get rich|crypto signals|profits? (?:daily|weekly|in \d)|[£$€]\d[\d,]* in (?:one|a|\d) "
            r"(?:day|week|hours?|days))\b"
        ),
    ),
    (
        1,
        "a call to write in private",
        (
            r"\b(?:inbox me|hit me up|dm (?:me |us )?(?:now|to (?:start|join|get|learn))|click (?:the )?link (?:in|below)|"
            r"follow for follow)\b"
        ),
    ),
    (1, "it protests to be honest", r"\b100 ?% (?:legit|working|free|safe|guaranteed)\b|\bnot a scam\b"),
    (2, "fakes or sex", r"\b(?:replica watches|hot girls|lonely lady|escort service|cam show)\b|🔞"),
    (
        2,
        "loans or essays",
        (
            r"\b(?:instant loan|without credit check|no credit check|we write essays|plagiarism free|thesis help|"
            r"write your (?:dissertation|essays?|assignments?))\b"
        ),
    ),
    (
        2,
        "a fake helpline",
        (
            r"\b(?:toll[- ]free|helpline|customer care number|support phone number|technical support|"
            r"certified experts)\b[^\n]{0,60}(?:\+?[\d(][\d() -]{8,16}\d|\bhelpline\b)|\b(?:customer care|"
            r"support phone) number\s?\+?\d[\d -]{8,16}"
        ),
    ),
    (
        2,
        "a recovery swindle",
        r"\b(?:recovered my|recover(?:ed)?) [^.\n]{0,40}\b(?:funds|bitcoin|account and)\b|\bany hacked account\b",
    ),
    (2, "a fake prize", r"\bselected to receive an? [£$€]?\d|\bclick here to claim\b"),
    (2, "addresses for sale", r"\b(?:email list!|verified database|decision maker contacts)\b"),
    (1, "emphasis of spam", r"[💰🚀🔥⚠👉☎]{1,3}.{0,60}https?://|💰💰|🚀🚀|#(?:fyp|viral|follow4follow|like4like)\b"),
)
