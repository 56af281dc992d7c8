"""The type of a web address in a connector's options."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from listener.net.urls import web_link


def _checked(value: str) -> str:
    text = value.strip()
    if web_link("", text) is None:
        raise ValueError("not a web address: it must begin with http:// or https:// and name a host")
    return text


WebAddress = Annotated[str, AfterValidator(_checked)]
"""``http://`` or ``https://`` and a host. Whether it may be connected to is checked when it is."""
