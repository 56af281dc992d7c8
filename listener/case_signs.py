"""What one opinion is a sign of: a complaint, a farewell, praise, a quote worth asking for."""

from __future__ import annotations

from listener.core.analysis import Intent, Label
from listener.core.standing import Opinion
from listener.judging_model import counted_stars

STRONG_NEGATIVE_SCORE = -0.4
"""A mixed post counts as a complaint from here down, where its probability of being negative is a half, or where it complains."""


def is_complaint(opinion: Opinion) -> bool:
    """Negative in the author's own words, mixed with a complaint or strongly negative, at most two stars, or about leaving us."""
    if not opinion.own_words:
        return False
    sentiment = opinion.sentiment
    stars = counted_stars(sentiment, opinion.rating)
    if (stars is not None and stars <= 2) or is_going(opinion):
        return True
    if sentiment.label is Label.MIXED:
        doubt = sentiment.probability is not None and sentiment.probability[0] >= 0.5
        return doubt or sentiment.score <= STRONG_NEGATIVE_SCORE or Intent.COMPLAINT in opinion.intents
    return sentiment.label is Label.NEGATIVE


def is_going(opinion: Opinion) -> bool:
    """Leaves us or threatens to, in the author's own words, and not with a kind farewell: urgent where it is a customer."""
    gone = Intent.CANCELLATION in opinion.intents or Intent.LEAVING in opinion.intents
    return opinion.own_words and gone and opinion.sentiment.label not in {Label.POSITIVE, Label.UNSCORED}


def is_quotable(opinion: Opinion) -> bool:
    """Praise of first hand with a result or a reason: worth asking whether it may be quoted."""
    return is_praise(opinion) and Intent.TESTIMONIAL in opinion.intents


def is_praise(opinion: Opinion) -> bool:
    """Positive in the author's own words, or at least four stars."""
    if not opinion.own_words:
        return False
    stars = counted_stars(opinion.sentiment, opinion.rating)
    return stars >= 4 if stars is not None else opinion.sentiment.label is Label.POSITIVE
