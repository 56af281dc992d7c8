"""The tables of posts, people and cases, by subject: what is kept, under which natural key, and whom each column is about. What
is kept of the listening itself stands in ``storage.listening_tables``, what people were told in ``storage.telling_tables``.

Indexes are only on ids, digests and short words of ours, never on text of strangers: PostgreSQL refuses long index entries.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, UniqueConstraint

from storage.columns import Id, Key, ref, row_id, table
from storage.types import Moment, binary, json, text

# -------------------------------------------------------------------------------------------- the database itself

meta = table("meta", text("name", "nobody", primary_key=True), text("value", "nobody"))
"""``pepper`` (made at random where none is configured), ``pepper_check``, ``last_import`` and ``keys_version``."""

tombstones = table(
    "tombstones",
    text("key", "nobody", primary_key=True),
    Column("erased_at", Moment, nullable=False),
)
"""Keyed hashes of what was erased, so that it does not come back with the next feed or the next export of the CRM."""

# --------------------------------------------------------------------------------------------------------- people

customers = table(
    "customers",
    row_id(),
    text("contact_key", "nobody", unique=True),
    text("contact_id", "customer"),
    text("first_name", "customer"),
    text("last_name", "customer"),
    text("email", "customer", nullable=True),
    text("company", "customer"),
    text("website", "customer", nullable=True),
    json("domains", "customer"),
    text("title", "customer", nullable=True),
    text("city", "customer", nullable=True),
    text("region", "customer", nullable=True),
    text("language", "customer", nullable=True),
    text("segment", "customer", nullable=True),
    json("products", "customer"),
    text("customer_since", "customer", nullable=True),
    text("customer_until", "customer", nullable=True),
    text("owner", "staff", nullable=True),
    json("handles", "customer"),
    Column("do_not_contact", Boolean, nullable=False),
    json("extra", "customer"),
    text("content_hash", "nobody"),
    binary("blocking", "nobody", nullable=True),
    Column("imported_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("retired_at", Moment, index=True),
)
"""``contact_key`` is a digest of the CRM's id. ``blocking`` holds the keys that ``customer_keys`` has of the customer, packed,
since an index by customer would be as large as that table; retired customers have none.

``content_hash`` covers all that the CRM says; it is empty where retention has blanked the row.
"""

customer_keys = table(
    "customer_keys",
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("customer_id", Id, primary_key=True, autoincrement=False),
    rowid=False,
)
"""Blocking keys, as keyed hashes of 64 bits: two keys that share one cost a comparison, never a match.

No foreign key: checking it would read a row of ``customers`` for each of millions of keys. ``storage.blocking`` alone writes
here.
"""

staged_customers = table(
    "staged_customers",
    Column("position", Integer, primary_key=True, autoincrement=False),
    text("import_id", "nobody"),
    text("contact_key", "nobody", unique=True),
    text("content_hash", "nobody"),
    json("data", "customer", nullable=True),
    binary("blocking", "nobody", nullable=True),
)
"""An import that is not finished; ``data`` only where it is new or changed."""

people = table("people", row_id(), ref("customer_id", "customers", nullable=True, unique=True))
"""Whom a standing is about: a customer, or an author who is no known customer."""

authors = table(
    "authors",
    row_id(),
    text("key", "nobody", unique=True),
    text("handle_key", "nobody", nullable=True, index=True),
    ref("own_person_id", "people"),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    text("platform", "nobody"),
    text("origin", "author"),
    Column("named", Boolean, nullable=False),
    text("service_id", "author", nullable=True),
    text("handle", "author", nullable=True),
    text("display_name", "author", nullable=True),
    text("profile_url", "author", nullable=True),
    text("email", "author", nullable=True),
    text("bio", "author", nullable=True),
    text("location", "author", nullable=True),
    json("links", "author"),
    Column("followers", BigInteger),
    Column("following", BigInteger),
    Column("created_year", BigInteger),
    Column("verified", Boolean),
    text("policy", "nobody"),
    Column("first_heard_at", Moment, nullable=False),
    Column("last_heard_at", Moment, nullable=False),
    Column("last_said_at", Moment, nullable=False),
    text("matched_by", "nobody", nullable=True),
    Column("pseudonym_at", Moment),
    Index(None, "matched_by", "id"),
)
"""``person_id`` is the customer's person while matched, else ``own_person_id``. ``policy`` is that of the newest mention.

``matched_by`` is the fingerprint that made the match; NULL where it is due; empty while the author says nothing about us.
"""

matches = table(
    "matches",
    Column("author_id", Id, ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True),
    text("outcome", "nobody"),
    Column("probability", Float, nullable=False),
    text("contact_id", "customer", nullable=True),
    text("account", "customer", nullable=True),
    json("evidence", "author"),
    text("runner_up_id", "customer", nullable=True),
    Column("runner_up_probability", Float),
    Column("own_side", Boolean, nullable=False),
    Column("prior_bits", Float, nullable=False),
    text("policy", "nobody"),
    text("engine", "nobody"),
    text("version", "nobody"),
    Column("matched_at", Moment, nullable=False),
)

# ------------------------------------------------------------------------------------------------------- mentions

mentions = table(
    "mentions",
    row_id(),
    text("key", "nobody", unique=True),
    text("link_key", "nobody", nullable=True, index=True),
    text("words_key", "nobody", nullable=True, index=True),
    ref("author_id", "authors"),
    Column("story_id", Id, nullable=False, index=True),
    text("source", "nobody"),
    text("stream", "nobody"),
    text("platform", "nobody"),
    text("origin", "author"),
    text("external_id", "author"),
    text("policy", "nobody"),
    text("kind", "nobody"),
    text("title", "author", nullable=True),
    text("text", "author"),
    text("url", "author", nullable=True),
    text("repost_of", "author", nullable=True),
    text("language", "nobody", nullable=True),
    Column("rating", Float),
    Column("engagement", BigInteger),
    Column("published_at", Moment),
    Column("said_at", Moment, nullable=False),
    Column("heard_at", Moment, nullable=False, index=True),
    Column("edited_at", Moment),
    Column("history", Boolean, nullable=False),
    Column("own_words", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    text("content_hash", "nobody"),
    Column("about_us", Boolean),
    text("analysed_by", "nobody", nullable=True),
    Column("blanked_at", Moment),
    Column("confirmed_at", Moment),
    Column("removed_at", Moment),
    Index(None, "author_id", "about_us"),
    Index(None, "analysed_by", "id"),
    Index(None, "source", "said_at"),
    Index(None, "said_at", "id"),
)
"""``said_at`` is the time of publishing, or of hearing where that is unknown or lies in the future. ``story_id`` is the id of the
first mention of the story. ``about_us`` is NULL until analysed. ``analysed_by`` is the fingerprint of the analysis; NULL where it
is due; empty where retention has blanked the text. ``link_key`` is a digest of origin, address and content; ``words_key`` one of
the words, which all who say the same share; NULL where these are few. ``own_words`` is false for reposts, and for words that are
another author's (see ``storage.words``). ``confirmed_at`` is when the source last had it (NULL: when it was heard);
``removed_at`` when the source turned out to have it no more: then nothing else is left of it."""

mention_revisions = table(
    "mention_revisions",
    Column("mention_id", Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    text("title", "author", nullable=True),
    text("text", "author"),
    text("content_hash", "nobody"),
    Column("replaced_at", Moment, nullable=False, index=True),
)
"""What a mention said before it was edited."""

story_keys = table(
    "story_keys",
    text("key", "nobody", primary_key=True),
    Column("story_id", Id, nullable=False, index=True),
    Column("author_id", Id, ForeignKey("authors.id", ondelete="CASCADE"), nullable=False, index=True),
    text("origin_key", "nobody"),
)
"""By which address a later copy finds its story; ``author_id`` first brought it."""

analyses = table(
    "analyses",
    Column("mention_id", Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
    text("fingerprint", "nobody"),
    text("relevance", "nobody"),
    text("language", "nobody", nullable=True),
    json("intents", "nobody"),
    text("note", "author", nullable=True),
    text("level", "nobody", nullable=True),
    text("noise", "nobody", nullable=True),
    Column("analysed_at", Moment, nullable=False),
)
"""``level`` is NULL where it is about nothing of ours, and in analyses that were made before there were levels."""

analysis_targets = table(
    "analysis_targets",
    Column("mention_id", Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    text("target", "nobody"),
    text("kind", "nobody"),
    text("brand", "nobody"),
    text("label", "nobody"),
    Column("score", Float, nullable=False),
    Column("negative", Float),
    Column("neutral", Float),
    Column("positive", Float),
    Column("unsure", Boolean, nullable=False),
    text("reason", "nobody", nullable=True),
    text("engine", "nobody"),
    text("version", "nobody"),
    text("alias", "author"),
    json("evidence", "author"),
)

analysis_aspects = table(
    "analysis_aspects",
    Column("mention_id", Id, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    text("aspect", "nobody"),
    text("target", "nobody"),
    text("surface", "author"),
    text("label", "nobody"),
    Column("score", Float, nullable=False),
    Column("negative", Float),
    Column("neutral", Float),
    Column("positive", Float),
    Column("unsure", Boolean, nullable=False),
    text("reason", "nobody", nullable=True),
    text("engine", "nobody"),
    text("version", "nobody"),
)
"""What a mention says of the configured topics. The sentences that decided are not kept a second time: they stand in the text."""

# ---------------------------------------------------------------------------------------------- standings and cases

judge_queue = table(
    "judge_queue",
    Column("person_id", Id, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    text("brand", "nobody", primary_key=True),
)
"""Whose standing toward which brand is due; filled in the transaction that changes a fact."""

standings = table(
    "standings",
    row_id(),
    ref("person_id", "people"),
    text("brand", "nobody"),
    text("stance", "nobody"),
    Column("promoter", Float, nullable=False),
    Column("passive", Float, nullable=False),
    Column("detractor", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("effective_n", Float, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("last_said_at", Moment),
    Column("mentions", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    json("deciding", "nobody"),
    text("why", "author"),
    Column("recorded_at", Moment, nullable=False),
    Index(None, "person_id", "brand", "recorded_at"),
)
"""Every standing there ever was; a new row only where something but the day differs."""

judgements = table(
    "judgements",
    Column("person_id", Id, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    text("brand", "nobody", primary_key=True),
    text("fingerprint", "nobody"),
    Column("as_of", Moment, nullable=False),
    Column("next_change_at", Moment, index=True),
    Column("standing_id", Id, ForeignKey("standings.id", ondelete="CASCADE"), index=True),
    Index(None, "fingerprint", "person_id", "brand"),
)
"""The latest judgement of each person and brand; ``standing_id`` is NULL where there is nothing to stand on."""

cases = table(
    "cases",
    row_id(),
    text("kind", "nobody"),
    ref("person_id", "people"),
    text("brand", "nobody"),
    text("state", "nobody"),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("due_at", Moment),
    text("assignee", "staff", nullable=True),
    Column("snoozed_until", Moment),
    json("mention_ids", "nobody"),
    UniqueConstraint("person_id", "brand", "kind"),
    Index(None, "state", "due_at"),
)

case_events = table(
    "case_events",
    row_id(),
    text("key", "nobody", unique=True),
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
    text("kind", "nobody"),
    text("state", "nobody"),
    Column("at", Moment, nullable=False, index=True),
    text("actor", "staff"),
    text("reason", "author"),
    text("action", "nobody", nullable=True),
    json("detail", "author"),
)
"""Append-only; ``key`` is a digest of the change, so that carrying out the same change twice adds nothing."""
