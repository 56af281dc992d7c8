"""The files that ``listener init`` writes: a commented configuration and a sample of customers."""

from __future__ import annotations

import re
from importlib.resources import files
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from config.fields import Text, Url
from listener.core.errors import ConfigError, Problem

PLACEHOLDER = "Your Brand"
SITE = "https://yourbrand.example/"


def example(brand: str | None = None, site: str | None = None) -> str:
    """A commented ``listener.toml``; with a site it listens to that at once, with a brand to the searches that need no key.

    Raises:
        ConfigError: the brand or the site cannot be used.
    """
    problems = []
    name = _checked(brand, TypeAdapter(Text)) if brand is not None else PLACEHOLDER
    if name is None:
        problems.append(Problem("--brand", "it is empty or too long", "the brand's name"))
    url = _checked(site if "://" in site else f"https://{site}", TypeAdapter(Url)) if site is not None else SITE
    host = (urlsplit(url).hostname or "").removeprefix("www.") if url else ""
    if url is None or "." not in host:
        problems.append(Problem("--site", "not the address of a site", "an address such as https://quillon.example"))
    if problems or name is None or url is None:
        raise ConfigError(problems)
    # A path is somebody's corner of a shared host, and an address of digits is nobody's name: neither makes a domain ours.
    own_host = site is not None and urlsplit(url).path in {"", "/"} and not re.fullmatch(r"[\d.]+", host)
    values = {
        "brand": quoted(name),
        "alias": '#aliases = ["YB", "YourBrand"]',
        "domain": f"domains = [{quoted(host)}]" if own_host else '#domains = ["yourbrand.example"]',
        "site": "" if site is not None else "#",
        "url": quoted(url),
        "listen": "" if brand is not None else "#",
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _read("example.toml"))


def example_customers() -> str:
    """A small CRM export (CSV) with invented people, in the columns that are understood as they are."""
    return _read("customers.example.csv")


def quoted(text: str) -> str:
    """Text as a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def _checked(value: str, adapter: TypeAdapter[str]) -> str | None:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


def _read(name: str) -> str:
    return files("config").joinpath(name).read_text(encoding="utf-8")
