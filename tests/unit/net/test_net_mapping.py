"""Every exception that httpx can raise has a place in the error tree."""

import itertools
import ssl

import httpcore
import httpx
import pytest

from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.mapping import MAPPED, from_httpx


def httpx_exceptions() -> list[type[Exception]]:
    """All exception classes in httpx's public namespace."""
    things = (getattr(httpx, name) for name in httpx.__all__)
    return [thing for thing in things if isinstance(thing, type) and issubclass(thing, Exception)]


def instance(kind: type[Exception]) -> Exception:
    request = httpx.Request("GET", "http://b.example/?token=tell")
    if kind is httpx.HTTPStatusError:
        return kind("tell", request=request, response=httpx.Response(500))
    if kind in {httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead}:
        return kind()
    return kind("tell")


def test_httpx_has_the_exceptions_we_know():
    assert len(httpx_exceptions()) >= 28


@pytest.mark.parametrize("kind", httpx_exceptions(), ids=lambda kind: kind.__name__)
def test_every_httpx_exception_is_mapped(kind):
    assert kind in MAPPED, f"{kind.__name__} is not mapped in listener/net/mapping.py"
    problem = from_httpx(instance(kind), "http://b.example/?…")
    assert isinstance(problem, RetryLater | SourceRejected | SourceProtocolError)
    assert str(problem).startswith("http://b.example/?…: ")
    assert "tell" not in str(problem)


def test_a_subclass_is_mapped_like_its_base():
    class Newer(httpx.ReadTimeout):
        pass

    assert type(from_httpx(Newer("x"), "w")) is RetryLater


def chained(*causes: Exception) -> Exception:
    for outer, inner in itertools.pairwise(causes):
        outer.__cause__ = inner
    return causes[0]


@pytest.mark.parametrize(
    ("tls", "error"),
    [
        (ssl.SSLCertVerificationError("x"), SourceRejected),
        (ssl.SSLError(1, "wrong version number"), SourceRejected),
        (ssl.SSLEOFError(8, "cut off"), RetryLater),
        (ssl.SSLZeroReturnError(6, "closed"), RetryLater),
        (ConnectionResetError(), RetryLater),
    ],
)
def test_a_refused_handshake_needs_a_person_and_a_lost_one_does_not(tls, error):
    if isinstance(tls, ssl.SSLCertVerificationError):
        tls.verify_message = "self-signed certificate"
    problem: SourceError = from_httpx(chained(httpx.ConnectError("x"), httpcore.ConnectError("x"), tls), "w")
    assert type(problem) is error
