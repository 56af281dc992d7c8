"""Reading the posts of a Discourse forum: which are not heard, and what in them is not their authors'."""

from __future__ import annotations

from typing import Any

from connectors._json import Record, record, text, whole

_BEGIN, _END = "<aside", "</aside>"
_LONGEST_TAG = 2_000


def without_previews(cooked: str) -> str:
    """A post's HTML without the previews of the pages that it links to; quotes of other posts stay, as block quotes."""
    kept, at, start = [], 0, cooked.find(_BEGIN)
    while start >= 0:
        tag_end = cooked.find(">", start, start + _LONGEST_TAG)
        end = cooked.find(_END, tag_end) if tag_end >= 0 and "onebox" in cooked[start:tag_end] else None
        if end == -1:
            break  # none that begins later is closed either
        if end is not None:
            kept.append(cooked[at:start])
            at = end + len(_END)
        start = cooked.find(_BEGIN, max(at, start + len(_BEGIN)))
    return "".join([*kept, cooked[at:]])


def left_out(post: Record) -> str | None:
    """Why a post is not heard."""
    if post.get("hidden") is True or post.get("cooked_hidden") is True:
        return "hidden by the forum"
    if post.get("user_deleted") is True or text(post, "deleted_at"):
        return "deleted"
    if (whole(post, "post_type") or 1) != 1:
        return "a notice of the forum, not a post"
    return "written by a bot" if (whole(post, "user_id") or 0) < 0 else None


def likes(post: Any) -> int:
    listed = record(post).get("actions_summary")
    return sum(whole(one, "count") or 0 for one in listed if whole(one, "id") == 2) if isinstance(listed, list) else 0
