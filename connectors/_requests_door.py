"""The guarded door for clients that are built on requests: their session gets an adapter that sends nothing by itself."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from listener.core.connector import Answer


class DoorAdapter(BaseAdapter):
    """Carries a session's requests through the door; ``answer`` is the last that came back."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Answer | None = None

    @abstractmethod
    def ask(self, request: requests.PreparedRequest) -> Answer:
        """One request through the door.

        Raises:
            SourceError: as ``Door.get``; an error status comes back as an answer.
        """

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - requests' signature; bodies are always read whole, within the door's limit
        timeout: Any = None,  # noqa: ARG002 - requests' signature; the door has its own limits
        verify: bool | str = True,  # noqa: ARG002 - requests' signature; certificates are always verified
        cert: Any = None,  # noqa: ARG002 - requests' signature; none is ever given
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - requests' signature; the door's proxy is used
    ) -> requests.Response:
        """One request. Raises as ``ask``."""
        self.answer = None
        self.answer = answer = self.ask(request)
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = "utf-8"
        response.url = request.url or ""
        response.request = request
        response.raw = io.BytesIO(answer.body)
        return response

    def close(self) -> None:
        """The door is closed by whoever opened it."""

    def mounted(self) -> requests.Session:
        """A session all of whose requests take this way."""
        session = requests.Session()
        session.trust_env = False  # a .netrc would replace the token
        session.mount("https://", self)
        session.mount("http://", self)
        return session
