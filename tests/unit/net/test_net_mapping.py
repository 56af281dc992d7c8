"""Every exception that the HTTP libraries can raise has a place in the error tree."""

import itertools
import ssl

import httpcore
import httpx
import pytest

from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.mapping import MAPPED, from_http


def exceptions() -> list[type[Exception]]:
    """All exception classes in httpcore's public namespace, and httpx's for an address that it cannot read."""
    things = (getattr(httpcore, name) for name in httpcore.__all__)
    return [httpx.InvalidURL, *(thing for thing in things if isinstance(thing, type) and issubclass(thing, Exception))]


def test_the_libraries_have_the_exceptions_we_know():
    assert len(exceptions()) >= 16


@pytest.mark.parametrize("kind", exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_libraries_is_mapped(kind):
    assert kind in MAPPED, f"{kind.__name__} is not mapped in listener/net/mapping.py"
    problem = from_http(kind("tell"), "http://b.example/?…")
    assert isinstance(problem, RetryLater | SourceRejected | SourceProtocolError)
    assert str(problem).startswith("http://b.example/?…: ")
    assert "tell" not in str(problem)


def test_a_subclass_is_mapped_like_its_base():
    class Newer(httpcore.ReadTimeout):
        pass

    assert type(from_http(Newer("x"), "w")) is RetryLater


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
    problem: SourceError = from_http(chained(httpcore.ConnectError("x"), tls), "w")
    assert type(problem) is error
