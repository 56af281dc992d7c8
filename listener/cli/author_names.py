"""An author as people name one on the command line: by number, by platform and handle, or by the address of the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.store import Store


def author_id(store: Store, text: str) -> int:
    """The number of the author who is named by it, by platform and handle, or by the address of their profile.

    Raises:
        ConfigError: it names nobody, or several.
        StorageError: there is no such author.
    """
    from listener.core.errors import ConfigError, Problem
    from listener.identities import is_address, named_author

    if is_address(text):
        found = _at_address(store, text.strip())
    else:
        named = named_author(text)
        if isinstance(named, int):
            return named
        found = _of_account(store, *named)
    if len(found) > 1:
        numbers = ", ".join(map(str, found[:10]))
        raise ConfigError([Problem("AUTHOR", "several authors had that account", f"say which one by its number: {numbers}")])
    return found[0]


def _of_account(store: Store, platform: str, handle: str) -> list[int]:
    """The authors with that account; without an instance also the only one of that name on any."""
    from listener.core.errors import StorageError
    from listener.core.plain import one_line

    found = store.identities.named(platform, handle)
    if found:
        return found
    alike = store.identities.alike(platform, handle)
    if len(alike) == 1 and "@" not in handle.lstrip("@"):
        return alike
    none = f"No author with that handle was heard on {one_line(platform, 40)}"
    if alike:
        raise StorageError(f"{none}; did you mean author {' or '.join(map(str, alike[:10]))}?")
    raise StorageError(f"{none}; `listener mentions show ID` names authors by number")


def _at_address(store: Store, address: str) -> list[int]:
    """The authors whose profile is at that address."""
    from listener.core.errors import ConfigError, Problem
    from nlp.identity.profiles import profile_of

    profile = profile_of(address)
    found = store.identities.named(profile.platform, profile.handle) if profile else []
    found = found or store.identities.at_address(address)
    if not found:
        got = "no author who was heard has a profile at that address"
        allowed = "say platform:handle, as in mastodon:sofiez, or the number that `listener mentions show ID` names"
        raise ConfigError([Problem("AUTHOR", got, allowed)])
    return found
