"""Deletions at the source: when text may still be shown, and when it must go.

Under a policy that honours deletions a post is shown only while somebody has lately seen that it is still there: when it was
heard, or when it was last checked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from listener.core.brand import MatchingPolicy

CONFIRM_WITHIN = timedelta(hours=24)
"""For so long after it was seen at its source a post may be shown."""
ERASE_AFTER = timedelta(days=7)
"""What was not seen at its source for so long is taken away."""

WITHHELD = "withheld: nobody could confirm for more than 24 hours that it is still public"
"""What is shown in the place of hidden text."""


def is_hidden(policy: MatchingPolicy, seen_at: datetime, now: datetime) -> bool:
    """Whether text, title and address must not be shown; ``seen_at`` is when it was confirmed last, or heard."""
    return policy.honour_deletion and seen_at < hidden_before(now)


def hidden_before(now: datetime) -> datetime:
    """What was last seen before this moment is hidden."""
    return now - CONFIRM_WITHIN


def erased_before(now: datetime) -> datetime:
    """What was last seen before this moment is taken away."""
    return now - ERASE_AFTER
