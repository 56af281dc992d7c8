"""A fake of X API v2 on loopback: recent search, mentions, users by name, posts by id, with X's limits, paging, errors and bill.

It answers in either vocabulary of X's specification, evaluates the queries, refuses what X refuses, and keeps the bill that X
would write: each post and each author once a UTC day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.x_queries import parse
from tests.unit.net.net_server import Reply, Seen, Site

TOKEN = "planted-bearer-token"
PROBLEMS = "https://api.twitter.com/2/problems"
_EPOCH_MS = 1_288_834_974_657
_RENAMED = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
}
_COMMON = {"max_results", "start_time", "end_time", "since_id", "until_id", "expansions", "user.fields"}
_PARAMS = {
    "search": _COMMON | {"query", "next_token", "pagination_token", "sort_order"},
    "mentions": _COMMON | {"pagination_token"},
    "by": {"usernames", "expansions", "user.fields"},
    "lookup": {"ids", "expansions", "user.fields"},
}


def post_id(at: datetime, sequence: int = 0) -> str:
    """An id as X makes them: it holds the moment."""
    return str(((int(at.timestamp() * 1000) - _EPOCH_MS) << 22) + sequence)


@dataclass
class FakeUser:
    id: str
    username: str
    more: Mapping[str, Any] = field(default_factory=dict)

    def record(self, fields: str) -> dict[str, Any]:
        whole = {"created_at": "2015-03-01T08:00:00.000Z", "verified": False, **self.more}
        chosen = {name: whole[name] for name in fields.split(",") if name in whole}
        return {"id": self.id, "name": self.username.title(), "username": self.username, **chosen}


@dataclass
class FakePost:
    at: datetime
    author: FakeUser
    text: str
    sequence: int = 0
    id: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Fields in the old vocabulary."""

    def __post_init__(self) -> None:
        self.id = self.id or post_id(self.at, self.sequence)

    def record(self, fields: Sequence[str]) -> dict[str, Any]:
        whole = {
            "author_id": self.author.id,
            "created_at": f"{self.at:%Y-%m-%dT%H:%M:%S}.{self.at.microsecond // 1000:03}Z",
            "lang": "en",
            "public_metrics": {"retweet_count": 1, "reply_count": 2, "like_count": 3, "quote_count": 4, "bookmark_count": 0},
            **self.more,
        }
        history = self.more.get("edit_history_tweet_ids", [self.id])
        chosen = {name: whole[name] for name in fields if name in whole and name != "edit_history_tweet_ids"}
        return {"id": self.id, "text": self.text, "edit_history_tweet_ids": history, **chosen}


class FakeX:
    """``now`` is X's clock. ``failures`` are answered first, one a request. ``bill`` is in millionths of a dollar."""

    def __init__(self, site: Site, now: datetime) -> None:
        self.site = site
        self.now = now
        self.posts: list[FakePost] = []
        self.users: dict[str, FakeUser] = {}
        self.accounts: dict[str, str] = {}
        """Ids of accounts whose mentions are listed, with their handles."""
        self.owned: set[str] = set()
        self.deleted: set[str] = set()
        self.protected: set[str] = set()
        self.failures: list[Reply] = []
        self.partial: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.new_names = False
        self.same_token = False
        self.bill = 0
        self.posts_read = 0
        self._billed: dict[str, set[str]] = {}
        site["/2/tweets/search/recent"] = self._answers("search", self._search)
        site["/2/users/by"] = self._answers("by", self._by)
        site["/2/tweets"] = self._answers("lookup", self._lookup)

    # ------------------------------------------------------------------------------------------------ what there is

    def account(self, account_id: str, handle: str) -> None:
        """One of our own accounts."""
        self.accounts[account_id] = handle
        self.users[handle] = FakeUser(account_id, handle)
        self.site[f"/2/users/{account_id}/mentions"] = self._answers("mentions", lambda asked: self._mentions(handle, asked))

    def post(self, at: datetime, text: str, author: str = "ada_k", sequence: int = 0, **more: Any) -> FakePost:
        user = self.users.setdefault(author, FakeUser(str(1000 + len(self.users)), author))
        made = FakePost(at, user, text, sequence, more=more)
        self.posts.append(made)
        return made

    # ------------------------------------------------------------------------------------------------ answering

    def _answers(self, kind: str, make: Callable[[dict[str, str]], Reply]) -> Callable[[Seen], Reply]:
        def answer(seen: Seen) -> Reply:
            asked = dict(parse_qsl(urlsplit(seen.path).query))
            self.requests.append((kind, asked))
            if self.failures:
                return self.failures.pop(0)
            if seen.headers.get("authorization") != f"Bearer {TOKEN}":
                return problem(401, "Unauthorized", "about:blank")
            fields = {"post.fields", "tweet.fields"}
            if unknown := set(asked) - _PARAMS[kind] - fields:
                return invalid(f"The query parameter [{min(unknown)}] is not known")
            return make(asked)

        return answer

    def _search(self, asked: dict[str, str]) -> Reply:
        query = asked.get("query", "")
        if not 1 <= len(query) <= 512:
            return invalid("query is too long")
        matches = parse(query)
        return self._list([post for post in self._visible() if matches(post)], asked, 10, "next_token", within=timedelta(days=7))

    def _mentions(self, handle: str, asked: dict[str, str]) -> Reply:
        mention = re.compile(rf"@{handle}\b", re.IGNORECASE)
        found = [post for post in self._visible() if mention.search(post.text)][:800]
        return self._list(found, asked, 5, "pagination_token", owned=True)

    def _visible(self) -> list[FakePost]:
        hidden = self.deleted | self.protected
        return sorted((post for post in self.posts if post.id not in hidden), key=lambda post: int(post.id), reverse=True)

    def _list(
        self,
        found: list[FakePost],
        asked: dict[str, str],
        least: int,
        token_name: str,
        *,
        owned: bool = False,
        within: timedelta | None = None,
    ) -> Reply:
        size = int(asked.get("max_results", "10"))
        start = _moment(asked.get("start_time")) or self.now - timedelta(days=7)
        end = _moment(asked.get("end_time")) or self.now - timedelta(seconds=30)
        if not least <= size <= 100 or end <= start or end > self.now - timedelta(seconds=10):
            return invalid("max_results, start_time or end_time is not allowed")
        if within and start < self.now - within:
            return invalid("'start_time' must be on or after seven days ago")
        key = f"{asked.get('query')}|{start}|{end}"
        token = asked.get(token_name) or asked.get("pagination_token") or ""
        offset, _, of = token.partition("~")
        if token and of != str(abs(hash(key))) and not self.same_token:
            return invalid("the next_token is not of this request")
        inside = [post for post in found if start <= post.at < end]
        first = int(offset or 0)
        page = inside[first : first + size]
        following = f"{first + size}~{abs(hash(key))}" if first + size < len(inside) else None
        if self.same_token and token:
            following = token
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if following:
            meta["next_token"] = following
        return self._reply(page, asked, {"meta": meta}, owned=owned)

    def _by(self, asked: dict[str, str]) -> Reply:
        names = asked["usernames"].split(",")
        known = [self.users[name] for name in names if name in self.users]
        missing = [_missing("user", "usernames", name) for name in names if name not in self.users]
        self._charge("users", [user.id for user in known], 10_000)
        body: dict[str, Any] = {"data": [user.record(asked.get("user.fields", "")) for user in known]} if known else {}
        return _json(body | ({"errors": missing} if missing else {}))

    def _lookup(self, asked: dict[str, str]) -> Reply:
        ids = asked["ids"].split(",")
        if len(ids) > 100:
            return invalid("more than 100 ids")
        visible = {post.id: post for post in self._visible()}
        page = [visible[one] for one in ids if one in visible]
        errors = [_missing("tweet", "ids", one) for one in ids if one in self.deleted]
        errors += [_missing("tweet", "ids", one, "not-authorized-for-resource") for one in ids if one in self.protected]
        return self._reply(page, asked, {"errors": errors} if errors else {})

    def _reply(self, page: list[FakePost], asked: dict[str, str], more: dict[str, Any], *, owned: bool = False) -> Reply:
        old = (asked.get("tweet.fields") or asked.get("post.fields") or "").replace("note_post", "note_tweet").split(",")
        if "post.fields" in asked:  # the new vocabulary gives them without being asked
            old += ["author_id", "referenced_tweets"]
        data = [post.record(old) for post in page]
        self._charge("posts", [post.id for post in page], 1_000 if owned else 5_000)
        body: dict[str, Any] = {**({"data": data} if data else {}), **more}
        if asked.get("expansions") and page:
            users = {post.author.id: post.author for post in page}
            self._charge("users", list(users), 10_000)
            body["includes"] = {"users": [user.record(asked.get("user.fields", "")) for user in users.values()]}
        if self.partial:
            body["errors"] = [*body.get("errors", []), *self.partial]
        return _json(_in_new_names(body) if self.new_names else body)

    def _charge(self, kind: str, ids: list[str], price: int) -> None:
        billed = self._billed.setdefault(f"{self.now:%Y-%m-%d}", set())
        new = [one for one in dict.fromkeys(ids) if f"{kind} {one}" not in billed]
        billed.update(f"{kind} {one}" for one in new)
        self.bill += price * len(new)
        self.posts_read += len(new) if kind == "posts" else 0


# ---------------------------------------------------------------------------------------------------- problems


def problem(status: int, title: str, kind: str, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
    """A refusal as X writes it. Its detail holds what must never be repeated: the query with a handle."""
    kind = kind if ":" in kind else f"{PROBLEMS}/{kind}"
    body = {"title": title, "detail": "refused: from:secret_person", "type": kind, "status": status, **more}
    return Reply(json.dumps(body).encode(), status, {"Content-Type": "application/problem+json", **(headers or {})})


def invalid(message: str) -> Reply:
    return problem(400, "Invalid Request", "invalid-request", errors=[{"parameters": {}, "message": message}])


def rate_limited(reset: datetime) -> Reply:
    stamp = str(int(reset.timestamp()))
    headers = {"x-rate-limit-limit": "60", "x-rate-limit-remaining": "0", "x-rate-limit-reset": stamp}
    return problem(429, "Too Many Requests", "about:blank", headers)


def usage_capped(period: str = "Monthly") -> Reply:
    return problem(429, "UsageCapExceeded", "usage-capped", period=period, scope="Product", product_name="pay-per-use")


def _missing(resource: str, parameter: str, value: str, kind: str = "resource-not-found") -> dict[str, Any]:
    return {
        "value": value,
        "resource_id": value,
        "resource_type": resource,
        "parameter": parameter,
        "title": "Not Found Error" if kind == "resource-not-found" else "Authorization Error",
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "type": f"{PROBLEMS}/{kind}",
    }


def _json(body: Any) -> Reply:
    headers = {"Content-Type": "application/json; charset=utf-8", "x-rate-limit-remaining": "59"}
    return Reply(json.dumps(body).encode(), 200, headers)


def _in_new_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {_RENAMED.get(name, name): _in_new_names(one) for name, one in value.items()}
    return [_in_new_names(one) for one in value] if isinstance(value, list) else value


def _moment(value: str | None) -> datetime | None:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if value else None
