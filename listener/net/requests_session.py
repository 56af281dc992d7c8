"""The guard for client libraries that are built on requests (tweepy, praw and others).

Their requests go through the same exchange as the door's: the address is checked at connect time, the time and size limits and
the certificate rules are the same. Statuses are *not* mapped, because such a library reads them itself; what the guard refuses
or loses is raised as an error that is both ours and requests' own, so that the library's handling works and ours does too.

Not offered, because it would go around the guard: streaming without an end, ``verify=False``, client certificates, proxies set
by the library. Cookies are not kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import requests.exceptions
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.addresses import Resolver, resolve_name
from listener.net.exchange import Exchange, Reply
from listener.net.settings import DoorSettings

_PACKED = {"content-encoding", "content-length", "transfer-encoding"}
_STEP = 1 << 16


class LostRequest(RetryLater, requests.exceptions.ConnectionError):
    """``RetryLater`` that requests-based libraries also understand."""


class RefusedRequest(SourceRejected, requests.exceptions.InvalidURL):
    """``SourceRejected`` that requests-based libraries also understand; they do not retry it."""


class BrokenAnswer(SourceProtocolError, requests.exceptions.ContentDecodingError):
    """``SourceProtocolError`` that requests-based libraries also understand."""


class GuardedSession(requests.Session):
    """A session whose redirects obey the door's rules; built by ``guarded_session``."""

    def __init__(self, adapter: GuardedAdapter, settings: DoorSettings) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = settings.max_redirects
        self.headers["user-agent"] = settings.user_agent
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where a redirect leads; requests asks here before it follows one.

        Raises:
            RefusedRequest: from https to http.
        """
        target = super().get_redirect_target(resp)
        if target and urlsplit(resp.url).scheme == "https" and urlsplit(urljoin(resp.url, target)).scheme != "https":
            raise RefusedRequest("redirected from https to an address that is not https")
        return target


class GuardedAdapter(BaseAdapter):
    """Carries requests' prepared requests through the guarded exchange."""

    def __init__(self, settings: DoorSettings, *, private: bool, resolve: Resolver) -> None:
        super().__init__()
        self._exchange = Exchange(settings, resolve=resolve)
        self._private = private
        self._total = settings.total_timeout

    def close(self) -> None:
        self._exchange.close()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - requests' signature; bodies are always read whole, within the limit
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,  # noqa: ARG002 - requests' signature; certificates are always verified
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - requests' signature; the settings' proxy is used
    ) -> requests.Response:
        """One hop of a requests call.

        Raises:
            LostRequest, RefusedRequest, BrokenAnswer: as the door's three errors.
        """
        if cert is not None:
            raise RefusedRequest("client certificates are not supported")
        try:
            reply = self._exchange.once(
                request.method or "GET",
                request.url or "",
                headers={name: _text(value) for name, value in request.headers.items()},
                content=_content(request.body),
                private=self._private,
                seconds=min(self._total, _longest(timeout) or self._total),
                body_of_errors=True,
            )
        except SourceError as problem:
            raise _for_requests(problem) from None
        return self._response(request, reply)

    def _response(self, request: requests.PreparedRequest, reply: Reply) -> requests.Response:
        response = requests.Response()
        response.status_code = reply.status
        response.reason = reply.reason
        response.headers = CaseInsensitiveDict(
            {name: value for name, value in reply.headers.items() if name.lower() not in _PACKED}
        )
        response.headers["content-length"] = str(len(reply.body))
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = request.url or ""
        response.request = request
        response.raw = io.BytesIO(reply.body)
        # Unpacked and within the limit already.
        return response


def guarded_session(
    settings: DoorSettings | None = None, private: bool = False, *, resolve: Resolver = resolve_name
) -> requests.Session:
    """A ``requests.Session`` for a client library; close it when done.

    ``private`` permits private addresses (an opt-in of the source). A time-out that the library gives can only shorten ours.
    """
    chosen = settings or DoorSettings()
    return GuardedSession(GuardedAdapter(chosen, private=private, resolve=resolve), chosen)


def _for_requests(problem: SourceError) -> SourceError:
    if isinstance(problem, RetryLater):
        return LostRequest(problem.reason, after=problem.after)
    if isinstance(problem, SourceProtocolError):
        return BrokenAnswer(problem.reason)
    return RefusedRequest(problem.reason)


def _longest(timeout: float | tuple[float | None, float | None] | None) -> float | None:
    """requests' time-out, a number or (connect, read), as one limit."""
    if isinstance(timeout, tuple):
        parts = [part for part in timeout if part is not None]
        return sum(parts) if len(parts) == 2 else None
    return timeout


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _content(body: Any) -> bytes | Iterable[bytes] | None:
    """The body of a prepared request: text, bytes, a file or a stream of bytes."""
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _blocks(body)
    chunks: Iterable[bytes] = body
    return chunks


def _blocks(file: Any) -> Iterator[bytes]:
    while block := file.read(_STEP):
        yield block.encode() if isinstance(block, str) else block
