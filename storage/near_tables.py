"""The tables of near-duplicates: sketches of texts, the bands by which they are found, and the stories that are one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, func

from storage.columns import Id, table
from storage.tables import mentions
from storage.types import binary

near_sketches = table(
    "near_sketches",
    Column("mention_id", Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    binary("sketch", "author"),
    Column("near_id", Id, nullable=False, index=True),
)
"""The sketch of each mention about us that has words enough. ``near_id`` is shared by mentions whose words are nearly the same:
the lowest of their ids when they were found to be; a mention's own where it is alone."""

near_bands = table(
    "near_bands",
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("mention_id", Id, ForeignKey("near_sketches.mention_id", ondelete="CASCADE"), primary_key=True, index=True),
)
"""By which keys a sketch is found (``listener.core.sketch.bands``)."""

near_stories = table(
    "near_stories",
    Column("story_id", Id, primary_key=True, autoincrement=False),
    Column("told_id", Id, nullable=False, index=True),
)
"""Stories (``mentions.story_id``) that near-duplicates make one: all with the same ``told_id``, the lowest of their ids. A story
that is told by itself alone has no row. Apart from the mentions, so that what near-duplication joined can be parted again."""

TOLD = func.coalesce(near_stories.c.told_id, mentions.c.story_id).label("story")
"""As which story a mention is told, in a query that joins ``near_stories`` from outside."""
