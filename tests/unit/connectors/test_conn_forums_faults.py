"""Forums and developers' sites that misbehave: every refusal has its meaning, and no answer is ever mistaken for silence."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._github_read import comment, discussion, issue, own_text
from connectors._json import each
from connectors._paging import Place
from listener.core.errors import RetryLater, SourceProtocolError, SourceRejected
from listener.core.mention import Mention, Rejected
from listener.net.door import GuardedDoor, open_door
from listener.net.settings import DoorSettings
from tests.unit.connectors.conn_forums import body, context, only, run
from tests.unit.net.net_server import Reply, Site, raw

OPTIONS = {
    "lobsters": ("/newest.json", {"comments": False}),
    "devto": ("/api/articles/latest", {"tags": ["x"]}),
    "stackexchange": ("/search/excerpts", {}),
    "github": ("/search/issues", {"discussions": False}),
    "discourse": ("/search.json", {}),
}
SECRETS = {"stackexchange": "key", "github": "token", "discourse": "key"}


@pytest.fixture(params=sorted(OPTIONS))
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def door() -> Iterator[GuardedDoor]:
    with open_door(DoorSettings(read_timeout=0.3, total_timeout=2)) as door:
        yield door


def hear(kind: str, site: Site, door: GuardedDoor, answer):
    """The pages of the stream whose every address gives one answer."""
    path, options = OPTIONS[kind]
    for each_path in (path, "/posts.json", "/api/articles"):
        site[each_path] = answer
    site["/newest/page/2.json"] = "[]"
    spec = import_module(f"connectors.{kind}").SPEC
    address = {"url" if kind == "discourse" else "api": site.url("")}
    if kind in SECRETS:
        address |= {SECRETS[kind]: "s3cr3t", **({"key_user": "listener"} if kind == "discourse" else {})}
    found = run(spec, {**options, **address, **({"latest": False} if kind == "devto" else {})}, context(door))
    return only({name: pages for name, pages in found.items() if pages})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 451])
def test_a_refusal_is_for_a_person_and_tells_no_secret(kind, status, site, door):
    with pytest.raises(SourceRejected) as caught:
        hear(kind, site, door, Reply(b"<p>no</p>", status))
    assert str(status) in str(caught.value) or "token" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_service_that_is_down_is_asked_again(kind, status, site, door):
    with pytest.raises(RetryLater):
        hear(kind, site, door, Reply(b"", status))


def test_a_limit_says_when_to_come_back(kind, site, door):
    with pytest.raises(RetryLater) as caught:
        hear(kind, site, door, Reply(b"slow down", 429, {"Retry-After": "37"}))
    assert caught.value.after == timedelta(seconds=37)


@pytest.mark.parametrize(
    "text", ["<html>maintenance</html>", '[{"id": 1', "", "null", '"x"', "7", '{"items": {}, "posts": 3, "latest_posts": null}']
)
def test_what_is_not_the_promised_json_is_an_error(kind, text, site, door):
    with pytest.raises(SourceProtocolError):
        hear(kind, site, door, text)


def test_a_silent_service_is_asked_again(kind, site, door):
    with pytest.raises(RetryLater):
        hear(kind, site, door, raw(lambda connection: connection.recv(1)))


def test_a_connection_that_breaks_off_is_asked_again(kind, site, door):
    with pytest.raises(RetryLater):
        hear(kind, site, door, raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n[{")))


def test_records_of_wrong_types_are_rejected_one_by_one(kind, site, door):
    wrong = [None, 1, "x", [], {}, {"id": [], "short_id": {}, "title": 3, "question_id": True}]
    listed = {"items": wrong, "posts": wrong, "topics": wrong, "grouped_search_result": []}
    pages = hear(kind, site, door, body(wrong if kind in {"lobsters", "devto"} else listed))
    assert sum(len(page.rejected) for page in pages) >= 1
    assert not any(page.mentions for page in pages)
    assert all(item.item and item.reason for page in pages for item in page.rejected)


@pytest.mark.parametrize("keyed", sorted(SECRETS))
def test_a_secret_is_in_no_options_text(keyed):
    options = import_module(f"connectors.{keyed}").SPEC.options
    given = {SECRETS[keyed]: "s3cr3t", **({"url": "https://f.example"} if keyed == "discourse" else {})}
    assert "s3cr3t" not in repr(options(**given))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    *("id", "databaseId", "title", "body", "user", "author", "created_at", "createdAt", "html_url", "url", "login", "type"),
    *("reactions", "comments", "followers"),
)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES | st.just("2026-01-31T00:00:00Z") | st.just("> x")))
def test_any_record_becomes_a_post_or_is_rejected(one):
    for read in (issue, comment, discussion):
        (item,) = each([one], lambda record, read=read: read(record, "github.com"))
        assert isinstance(item, Mention | Rejected)


@given(st.text(alphabet="`~> \n<!-abc", max_size=60))
def test_own_words_are_lines_of_the_text(text):
    lines = {line.strip() for line in text.split("\n")}
    if "<!--" not in text:
        assert all(line.strip() in lines | {""} for line in own_text(text).split("\n"))


@given(st.text(max_size=30) | st.builds("{}|{}|{}".format, st.text(max_size=5), st.integers(), st.integers()))
def test_any_token_is_a_place(token):
    place = Place.of(token)
    assert place.page >= 1
    assert place.skip >= 0
    assert Place.of(place.token) == place
