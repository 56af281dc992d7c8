"""What went wrong, as one of the three errors of a source. All exceptions of the HTTP libraries are mapped here and
nowhere else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpcore
import httpx

from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected


class ProxyUnreachable(httpcore.ProxyError):
    """The proxy itself cannot be reached: that says nothing of the address that was asked for."""


MAPPED: dict[type[Exception], tuple[type[SourceError], str]] = {
    httpx.InvalidURL: (SourceRejected, "the address is not a valid URL"),
    httpcore.ConnectTimeout: (RetryLater, "no connection in time"),
    httpcore.ReadTimeout: (RetryLater, "no answer in time"),
    httpcore.WriteTimeout: (RetryLater, "the request was not taken in time"),
    httpcore.PoolTimeout: (RetryLater, "no connection became free in time"),
    httpcore.TimeoutException: (RetryLater, "not in time"),
    httpcore.ConnectError: (RetryLater, "no connection"),
    httpcore.ReadError: (RetryLater, "the connection was lost"),
    httpcore.WriteError: (RetryLater, "the connection was lost"),
    httpcore.NetworkError: (RetryLater, "the connection was lost"),
    httpcore.ConnectionNotAvailable: (RetryLater, "the connection was lost"),
    httpcore.ProxyError: (RetryLater, "the proxy did not make the connection"),
    ProxyUnreachable: (RetryLater, "no connection to the proxy of [net] proxy"),
    httpcore.RemoteProtocolError: (RetryLater, "the server broke off or does not speak HTTP"),
    httpcore.LocalProtocolError: (SourceRejected, "the request could not be written"),
    httpcore.UnsupportedProtocol: (SourceRejected, "only http and https addresses are allowed"),
    httpcore.ProtocolError: (SourceProtocolError, "not proper HTTP"),
}

LONGEST_PAUSE = timedelta(days=7)
"""A ``Retry-After`` beyond this is a mistake or malice; it is cut to this."""

_TRY_AGAIN = {408, 425, 429}
_ADVICE = {
    401: "it wants a log-in",
    402: "it wants to be paid",
    403: "it does not let us read it",
    404: "there is nothing at this address",
    407: "the proxy wants another log-in, see [net] proxy",
    410: "it is gone for good; remove the source",
    451: "it is withheld for legal reasons",
}


def from_http(problem: Exception, where: str) -> SourceError:
    """The error of a source for an exception of the HTTP libraries. ``where`` is the address as it may be shown.

    The exception's own text is left out: it may hold the full address.
    """
    if _tls_refused(problem):
        return SourceRejected(f"{where}: the secure connection was refused: {_tls_reason(problem)}")
    if isinstance(problem, httpcore.ProxyError) and str(problem).startswith("4"):
        status = str(problem)[:3]
        advice = f": {_ADVICE[407]}" if status == "407" else ""
        return SourceRejected(f"{where}: the proxy refused to connect ({status}){advice}")
    error, reason = next((MAPPED[kind] for kind in type(problem).__mro__ if kind in MAPPED), (SourceProtocolError, "failed"))
    return error(f"{where}: {reason}")


def from_status(status: int, headers: httpx.Headers, where: str, now: datetime) -> SourceError:
    """The error of a source for a status that is neither success nor redirect."""
    text = f"{where}: answered {status} {_phrase(status)}".rstrip()
    if status in _TRY_AGAIN or status >= 500:
        return RetryLater(text, after=retry_after(headers, now))
    if status in _ADVICE:
        return SourceRejected(f"{text}: {_ADVICE[status]}")
    if 400 <= status < 500:
        return SourceRejected(text)
    return SourceProtocolError(f"{text}, which was not asked for")


def retry_after(headers: httpx.Headers, now: datetime) -> timedelta | None:
    """``Retry-After`` as a pause: seconds, or the difference of an HTTP date to the server's own clock (else to ours)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        seconds = int(value) if len(value) < 10 else LONGEST_PAUSE.total_seconds()
        return min(timedelta(seconds=seconds), LONGEST_PAUSE)
    moment = _http_date(value)
    if moment is None:
        return None
    pause = moment - (_http_date(headers.get("date", "")) or now)
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _tls_problem(problem: BaseException | None) -> ssl.SSLError | None:
    while problem is not None:
        if isinstance(problem, ssl.SSLError):
            return problem
        problem = problem.__cause__ or problem.__context__
    return None


def _tls_refused(problem: Exception) -> bool:
    """A handshake that failed on its merits; one that was merely cut off is a lost connection."""
    tls = _tls_problem(problem)
    return (
        isinstance(problem, httpcore.ConnectError)
        and tls is not None
        and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)
    )


def _tls_reason(problem: Exception) -> str:
    tls = _tls_problem(problem)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return f"the certificate is not valid ({tls.verify_message})"
    return (getattr(tls, "reason", None) or "it does not speak TLS").replace("_", " ").lower()
