"""The types of addresses and of searches in connectors' options."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from listener.net.urls import web_link


def _checked(value: str) -> str:
    text = value.strip()
    if web_link("", text) is None:
        raise ValueError("not a web address: it must begin with http:// or https:// and name a host")
    return text


def _said(value: str) -> str:
    text = value.strip().lstrip("#").strip()
    if not text:
        raise ValueError("it is blank: that would ask for everything")
    return value.strip()


Words = Annotated[str, AfterValidator(_said)]
"""A search, a tag, an account: something that is not blank."""

WebAddress = Annotated[str, AfterValidator(_checked)]
"""``http://`` or ``https://`` and a host. Whether it may be connected to is checked when it is."""
