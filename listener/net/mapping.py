"""What went wrong, as one of the three errors of a source. All of httpx's exceptions are mapped here and nowhere else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected

MAPPED: dict[type[Exception], tuple[type[SourceError], str]] = {
    httpx.ConnectTimeout: (RetryLater, "no connection in time"),
    httpx.ReadTimeout: (RetryLater, "no answer in time"),
    httpx.WriteTimeout: (RetryLater, "the request was not taken in time"),
    httpx.PoolTimeout: (RetryLater, "no connection became free in time"),
    httpx.TimeoutException: (RetryLater, "not in time"),
    httpx.ConnectError: (RetryLater, "no connection"),
    httpx.ReadError: (RetryLater, "the connection was lost"),
    httpx.WriteError: (RetryLater, "the connection was lost"),
    httpx.CloseError: (RetryLater, "the connection was lost"),
    httpx.NetworkError: (RetryLater, "the connection was lost"),
    httpx.ProxyError: (RetryLater, "the proxy did not make the connection"),
    httpx.RemoteProtocolError: (RetryLater, "the server broke off or does not speak HTTP"),
    httpx.UnsupportedProtocol: (SourceRejected, "only http and https addresses are allowed"),
    httpx.InvalidURL: (SourceRejected, "the address is not a valid URL"),
    httpx.LocalProtocolError: (SourceRejected, "the request could not be written"),
    httpx.ProtocolError: (SourceProtocolError, "not proper HTTP"),
    httpx.TransportError: (RetryLater, "the connection failed"),
    httpx.DecodingError: (SourceProtocolError, "the answer cannot be decoded"),
    httpx.TooManyRedirects: (SourceRejected, "too many redirects"),
    httpx.RequestError: (RetryLater, "the request failed"),
    httpx.HTTPStatusError: (SourceProtocolError, "an unexpected status"),
    httpx.HTTPError: (SourceProtocolError, "the request failed"),
    httpx.CookieConflict: (SourceProtocolError, "contradicting cookies"),
    httpx.StreamConsumed: (SourceProtocolError, "the answer was read twice"),
    httpx.StreamClosed: (SourceProtocolError, "the answer was read after its end"),
    httpx.ResponseNotRead: (SourceProtocolError, "the answer was used before it was read"),
    httpx.RequestNotRead: (SourceProtocolError, "the request was used before it was read"),
    httpx.StreamError: (SourceProtocolError, "the answer could not be read"),
}

LONGEST_PAUSE = timedelta(days=7)
"""A ``Retry-After`` beyond this is a mistake or malice; it is cut to this."""

_TRY_AGAIN = {408, 425, 429}
_ADVICE = {
    401: "it wants a log-in",
    402: "it wants to be paid",
    403: "it does not let us read it",
    404: "there is nothing at this address",
    407: "the proxy wants a log-in",
    410: "it is gone for good; remove the source",
    451: "it is withheld for legal reasons",
}


def from_httpx(problem: Exception, where: str) -> SourceError:
    """The error of a source for an exception of httpx. ``where`` is the address as it may be shown.

    The exception's own text is left out: it may hold the full address.
    """
    if _tls_refused(problem):
        return SourceRejected(f"{where}: the secure connection was refused: {_tls_reason(problem)}")
    if isinstance(problem, httpx.ProxyError) and str(problem).startswith("4"):
        return SourceRejected(f"{where}: the proxy refused to connect ({str(problem)[:3]})")
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
        isinstance(problem, httpx.ConnectError)
        and tls is not None
        and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)
    )


def _tls_reason(problem: Exception) -> str:
    tls = _tls_problem(problem)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return f"the certificate is not valid ({tls.verify_message})"
    return (getattr(tls, "reason", None) or "it does not speak TLS").replace("_", " ").lower()
