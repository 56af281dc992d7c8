"""What gives noise away, all in one table; and what shows that a person speaks."""

from __future__ import annotations

import re

from nlp.noise_feeds import BOT, PRESS
from nlp.noise_notation import Sign
from nlp.noise_offers import GIVEAWAY, JOB
from nlp.noise_spam import SPAM

SIGNS: tuple[Sign, ...] = (*PRESS, *JOB, *GIVEAWAY, *SPAM, *BOT)

VOICE = re.compile(
    r"\b(?:i (?:hate|love|like|lost|asked|have used|use|sleep|applied|freelance|clicked|trade|never|just like|"
    r"just want|read|quote|don't|am not|won't)|"
    r"i've been|my (?:boss|team says|interview|account|data|card|money|weekend|week|colleague|sister|"
    r"experience|monitoring|issue|bug report)|"
    r"(?:cost|helped|saved|charged|ignored|locked|rejected|told|sent|gave|owes?|answered) (?:me|us)\b|"
    r"support (?:is|was|never|refused|wants|hours|team|answers|tickets|did|at)|"
    r"broken|broke|breaks|crash(?:es|ed|ing)?|bugs?|fails|failed|failing|useless|disaster|joke|ridiculous|"
    r"awful|terrible|horrible|"
    r"unbelievable|rude|angry|tired|hopeless|disappoint\w*|worst|slow|painless|excellent|brilliant|superb|"
    r"impressed|happy|unhappy|"
    r"thank you|recommend|nobody (?:answers|at|helps)|no answer|please fix|anyone else|who else|does (?:anyone|anybody|it)|"
    r"cannot|can't|couldn't|stopped working|trick|headaches|worse|ruin|confusing|fix the|cancel\w*|switched from|alternatives\?|"
    r"any tips|not happy|never trusting|screenshots|in a good way|finally|as a customer|we will leave|lost a)\b"
)
"""What people say who speak of their own experience; who does so needs more than an advertisement shows to be taken for one."""
