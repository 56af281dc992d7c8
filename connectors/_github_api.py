"""Asking GitHub: REST and GraphQL, their limits and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors._api import Api, reset_pause
from connectors._json import Record, record, text
from listener.core.connector import Answer, ConnectorContext
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.urls import shown

VERSION = "2022-11-28"
TOKEN_VARIABLE = "LISTENER_SOURCES__<NAME>__TOKEN"  # noqa: S105 - the name of a variable
_SECONDARY = timedelta(minutes=1)
"""How long GitHub asks to wait where it names no time."""

DISCUSSIONS = """query($search: String!, $after: String) {
  search(type: DISCUSSION, query: $search, first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { ... on Discussion {
      databaseId title body url createdAt upvoteCount comments { totalCount } reactions { totalCount }
      author { __typename login url
        ... on User { databaseId name bio websiteUrl createdAt followers { totalCount } } ... on Bot { databaseId } }
    } }
  }
}"""


def api_of(context: ConnectorContext, base: str, token: str | None, private: bool) -> Api:
    """The API at ``base``, with the token if there is one."""
    headers = {"x-github-api-version": VERSION}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return Api(context, base, private=private, headers=headers, refusal=refusal)


def refusal(answer: Answer, now: datetime) -> SourceError | None:
    """403 and 429 are limits where the headers or the body say so; 401 is the token; 422 is the query."""
    where = shown(answer.url)
    if answer.status == 401:
        return SourceRejected(f"{where}: it does not accept the token: set {TOKEN_VARIABLE} anew")
    if answer.status == 422:
        return SourceRejected(f"{where}: it does not understand the search (422): see queries and repositories")
    if answer.status not in {403, 429}:
        return None
    if answer.headers.get("x-ratelimit-remaining", "").strip() == "0" or answer.headers.get("retry-after"):
        return RetryLater(f"{where}: its limit of requests is reached", after=reset_pause(answer, now) or _SECONDARY)
    if b"rate limit" in answer.body[:10_000].lower():
        return RetryLater(f"{where}: its limit of requests is reached", after=_SECONDARY)
    return None


def graphql(api: Api, query: str, variables: Mapping[str, Any]) -> Record:
    """The data of a GraphQL answer.

    Raises:
        RetryLater: its limit is reached, which it says with status 200; or it gave up on the query.
        SourceRejected: the token may not read this.
        SourceProtocolError: it answered without data.
    """
    # An own installation has GraphQL beside its REST API: /api/v3 and /api/graphql.
    beside = replace(api, base=api.base.rstrip("/").removesuffix("/v3"))
    found, answer = beside.post("graphql", json.dumps({"query": query, "variables": variables}).encode())
    where = shown(answer.url)
    listed = record(found).get("errors")
    errors = listed if isinstance(listed, list) else []
    kinds = {text(error, "type") or "" for error in errors}
    if kinds & {"RATE_LIMITED", "RATE_LIMIT"}:
        after = reset_pause(answer, api.context.now) or _SECONDARY
        raise RetryLater(f"{where}: its limit of requests is reached", after=after)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        raise SourceRejected(f"{where}: the token may not read discussions")
    data = record(found).get("data")
    if isinstance(data, Mapping):
        return data
    if errors:
        raise RetryLater(f"{where}: it gave up on the query")
    raise SourceProtocolError(f"{where}: the answer has no data")
