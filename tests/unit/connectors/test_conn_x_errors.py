"""What X's refusals become, in plain words, and what never stands in an error or a log: the token, handles, texts."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._x_client import refusal
from connectors.twitter import SPEC
from listener.core.connector import Answer
from listener.core.errors import RetryLater, SourceError, SourcePaused, SourceProtocolError, SourceRejected
from listener.net.settings import DoorSettings
from tests.support.x_api import TOKEN, problem, rate_limited, usage_capped
from tests.unit.connectors.conn_x import MONEY, NOON, bench
from tests.unit.net.net_server import Reply, raw

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def benches():
    with bench(DoorSettings(read_timeout=0.4, total_timeout=0.8)) as make:
        yield make


@pytest.fixture
def b(benches):
    return benches()


def after(b, *failures):
    """The error of a search that is answered so."""
    b.x.failures += failures
    return b.problem()


def test_a_reached_rate_limit_says_when_it_is_lifted(b):
    told = after(b, rate_limited(NOON + 7 * MINUTE))
    assert isinstance(told, RetryLater)
    assert told.after == timedelta(minutes=7)
    assert 'stream "search 1"' in str(told)


@pytest.mark.parametrize("reset", ["soon", "-5", "", "99999999999999999999", "²"])
def test_a_reset_that_is_no_moment_is_a_pause_all_the_same(b, reset):
    told = after(b, problem(429, "Too Many Requests", "about:blank", {"x-rate-limit-reset": reset.encode().decode("latin-1")}))
    assert isinstance(told, RetryLater)


@pytest.mark.parametrize(
    ("period", "until"), [("Monthly", datetime(2026, 3, 1, tzinfo=UTC)), ("Daily", datetime(2026, 2, 11, tzinfo=UTC))]
)
def test_xs_own_cap_pauses_until_its_period_ends_and_is_never_waited_for(b, period, until):
    told = after(b, usage_capped(period))
    assert isinstance(told, SourcePaused)
    assert told.until == until
    assert len(b.x.requests) == 1


def test_a_reached_spending_limit_at_x_is_a_pause(b):
    told = after(b, problem(403, "SpendCapReached", "credits"))
    assert isinstance(told, SourcePaused)


def test_a_december_pause_ends_in_january():
    answer = Answer(429, "https://api.x.example/2", b'{"type": "x/usage-capped"}')
    assert refusal(answer, "x", datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).until == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (problem(401, "Unauthorized", "about:blank"), ["the token", "LISTENER_SOURCES__<NAME>__TOKEN"]),
        (problem(403, "Client Forbidden", "client-forbidden"), ["attach the app to a project"]),
        (problem(403, "Client Forbidden", "client-forbidden", reason="client-not-enrolled"), ["enrol"]),
        (problem(403, "Unsupported Authentication", "unsupported-authentication"), ["bearer token"]),
        (problem(403, "Forbidden", "about:blank"), ["check in X's developer console"]),
        (problem(402, "CreditsDepleted", "credits"), ["no credits left"]),
        (problem(400, "Invalid Request", "invalid-request"), ['stream "search 1"', "does not understand"]),
        (problem(404, "Not Found Error", "resource-not-found"), ["account_ids"]),
    ],
)
def test_what_a_person_must_mend_is_said_in_plain_words(b, reply, words):
    told = after(b, reply)
    assert isinstance(told, SourceRejected)
    assert all(word in str(told) for word in words)
    assert "secret_person" not in str(told), "X's own words may repeat the query"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_what_passes_by_itself_is_tried_again(b, status):
    assert isinstance(after(b, problem(status, "Service Unavailable", "about:blank")), RetryLater)


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", b"", b'"text"', b"[1]", b'{"errors": 5}', b'{"errors": [null]}', b"[" * 60_000]
)
@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_refusal_need_not_be_as_x_promises(b, status, body):
    expected = SourceRejected if status == 401 else RetryLater
    assert isinstance(after(b, Reply(body, status, {"Content-Type": "text/html"})), expected)


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b'{"data": [{"id"', b"[]", b"null", b'{"data": {"id": "1"}}', b"[" * 60_000]
)
def test_an_answer_that_is_not_what_x_promises_is_an_error_and_never_nothing(b, body):
    assert isinstance(after(b, Reply(body, 200, {"Content-Type": "application/json"})), SourceProtocolError)


def test_a_silent_server_is_tried_again_later_and_may_have_charged(b):
    held = []
    b.site["/2/tweets/search/recent"] = raw(lambda connection: held.append(connection.recv(1)))
    assert isinstance(b.problem(), RetryLater)
    assert b.ledger.days[NOON.date()][MONEY] == 100 * 15_000


def test_a_server_that_is_not_there_is_tried_again_later(b):
    assert isinstance(b.problem(api="http://127.0.0.1:9"), RetryLater)


def test_a_redirect_does_not_carry_the_token_elsewhere(b):
    b.site["/2/tweets/search/recent"] = Reply(b"", 302, {"Location": b.site.url("/there", host="localhost")})
    b.site["/there"] = b'{"meta": {"result_count": 0}}'
    b.run("search")
    there = [seen for seen in b.site.seen if seen.path.startswith("/there")]
    assert there
    assert not any("authorization" in seen.headers for seen in there)


def test_the_requests_are_the_doors_own_with_nothing_of_the_library_but_the_token(b):
    b.run("search")
    (seen,) = [one for one in b.site.seen if one.path.startswith("/2/tweets/search")][-1:]
    assert seen.headers["user-agent"].startswith("listener/")
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"


def test_partial_errors_are_counted_by_their_reason_without_xs_words(b):
    b.x.post(NOON - 5 * MINUTE, "Quillon")
    kinds = [
        ("user", "12", "resource-not-found"),
        ("user", "secret_person", "not-authorized-for-resource"),
        ("tweet", "13", "new"),
    ]
    b.x.partial = [
        {
            "resource_type": what,
            "resource_id": name,
            "type": f"https://api.twitter.com/2/problems/{kind}",
            "detail": "secret_person",
        }
        for what, name, kind in kinds
    ]
    assert b.run("search") == {}
    (page,) = b.pages["search 1"]
    assert len(page.mentions) == 1
    told = [(one.item, one.reason) for one in page.rejected]
    assert told == [
        ("user 12", "X did not find it"),
        ("user number 2", "X does not show it"),
        ("tweet 13", "X could not give all of it"),
    ]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_web_page_on_the_way_is_not_taken_for_xs_own_refusal(b, status):
    told = after(b, Reply(b"<html>Log in to the network</html>", status, {"Content-Type": "text/html"}))
    assert isinstance(told, SourceRejected)
    assert f"{b.x.site.url('')}/2/tweets/search/recent?… (a web page): answered {status}" in str(told)
    assert "token" not in str(told)


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ("https://api.x.example/3/y", "X does not accept the token"),
        ("https://portal.example/y", "http://api.x.example/2/y redirects to https://portal.example/y: answered 401"),
    ],
)
def test_a_refusal_behind_a_redirect_on_the_same_host_keeps_its_advice(came, words):
    answer = Answer(401, came, b'{"title": "Unauthorized"}', "application/json", asked="http://api.x.example/2/y")
    assert words in str(refusal(answer, "x", NOON))


def test_nothing_secret_is_logged_or_shown_whatever_the_log_level(b, caplog):
    with caplog.at_level(logging.DEBUG):
        b.x.post(NOON - 5 * MINUTE, "Quillon, a text that is nobody's business", "secret_person")
        b.run()
        told = after(b, problem(401, "Unauthorized", "about:blank"))
    shown = caplog.text + str(told) + repr(told) + repr(b.options()) + repr(b.streams()) + str(b.cursors)
    for secret in (TOKEN, "nobody's business", "secret_person"):
        assert secret not in shown


def test_a_netrc_does_not_replace_the_token(b, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("default login eve password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert b.run("search") == {}


def test_the_environments_proxies_are_not_used(b, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert b.run("search") == {}


@given(
    st.sampled_from([400, 401, 402, 403, 404, 409, 429, 451, 500, 503]),
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.text(max_size=9) | st.integers(),
        lambda inner: st.dictionaries(
            st.sampled_from(["type", "title", "errors", "reason", "period", "detail"]), inner | st.lists(inner, max_size=2)
        ),
    ).map(lambda value: __import__("json").dumps(value).encode()),
)
def test_every_refusal_is_an_error_of_a_source(status, body):
    told = refusal(Answer(status, "https://api.x.example/2/tweets?query=secret", body), "x", NOON)
    assert isinstance(told, SourceError)
    assert "secret" not in str(told)


def test_the_spec_says_what_it_is():
    assert (SPEC.platform, SPEC.policy.name, SPEC.backfills, SPEC.every) == ("x", "x", True, timedelta(minutes=15))
    assert SPEC.policy.honour_deletion
