"""The exclusion sets that come with the program: queries, as anybody could write them. One's own of the same name goes before."""

from __future__ import annotations

from collections.abc import Mapping

PRESETS: Mapping[str, str] = {
    "jobs": (
        '#hiring OR #jobs OR #job OR #vacancy OR #jobalert OR "we are hiring" OR "we\'re hiring" OR "is hiring" OR "are hiring"'
        ' OR "now hiring" OR "join our team" OR "job opening*" OR "job offer*" OR "job alert" OR "job vacancy" OR vacancies'
        ' OR "open position*" OR "open role*" OR "apply now" OR "looking for a job" OR "send your cv" OR "send your resume"'
        ' OR (apply NEAR/6 (position OR role OR vacancy OR job)) OR title:(hiring OR vacancy OR internship OR "job description")'
        ' OR stellenangebot* OR "wir stellen ein" OR "offre d\'emploi" OR "oferta de empleo" OR "(m/w/d)" OR "(f/m/d)"'
    ),
    "giveaways": (
        "giveaway* OR #giveaway OR sweepstake* OR #win OR #contest OR raffle OR gewinnspiel* OR sorteo"
        ' OR "enter to win" OR "chance to win" OR "win a free" OR "like and retweet" OR "follow and retweet" OR "rt to win"'
        ' OR "tag a friend" OR "tag two friends" OR ((retweet OR repost OR follow) NEAR/6 (win OR winner OR prize))'
    ),
    "press": (
        '"press release" OR "for immediate release" OR "media contact*" OR "press contact*" OR "investor relations"'
        ' OR "forward looking statement*" OR "safe harbor statement*" OR "news provided by" OR "about businesswire"'
        ' OR pressemitteilung OR "communiqué de presse" OR "nota de prensa" OR comunicato'
        " OR site:prnewswire.com OR site:businesswire.com OR site:globenewswire.com OR site:accesswire.com"
        " OR site:einpresswire.com OR site:newswire.com OR site:presseportal.de OR site:prweb.com"
    ),
}
"""``jobs`` is about people sought and jobs offered, ``giveaways`` about prizes for attention, ``press`` about press releases."""
