"""The comparison levels: what one field of an author can say about one customer, in the words that people are shown.

A field gives one level or none. The order within a field is from "surely the same" to "surely not"; a level's weight stands in
``weights.toml``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from listener.core.brand import Evidence


class Rarity(StrEnum):
    """What makes agreement by chance rare, and so the weight of a level: ``Weights`` computes it for each pair."""

    FIXED = "fixed"
    """Chance is the same for everybody."""
    OWN = "own"
    """The sign is one person's own: chance falls with the number of customers."""
    FULL_NAME = "full name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    INITIAL = "initial"
    """One of the two names in full, the other by its first letter."""
    COMPANY = "company"
    PLACE = "place"


class Level(NamedTuple):
    """One way in which a field can agree or disagree."""

    key: str
    """``field.level``, as in ``weights.toml``."""
    says: str
    kind: Evidence
    rarity: Rarity = Rarity.FIXED

    @property
    def field(self) -> str:
        return self.key.partition(".")[0]


_NAME, _COMPANY, _HANDLE, _PLACE = Evidence.NAME, Evidence.COMPANY, Evidence.HANDLE, Evidence.PLACE
_LEVELS = (
    Level("email.same", "the same e-mail address", Evidence.EMAIL, Rarity.OWN),
    Level("email.other", "another e-mail address than the CRM's", Evidence.EMAIL),
    Level("account.known", "the account that the CRM knows on {platform}", _HANDLE, Rarity.OWN),
    Level("account.other", "the CRM knows another account of this customer on {platform}", _HANDLE),
    Level("account.copied", "the handle is much like the account that the CRM knows on {platform}, but another", _HANDLE),
    Level("link.known", "a profile link to the account that the CRM knows on {platform}", Evidence.LINK, Rarity.OWN),
    Level(
        "link.second", "the profile links to another account on the same platform, which the CRM knows", Evidence.LINK, Rarity.OWN
    ),
    Level("link.site", "the customer's own site", Evidence.LINK, Rarity.OWN),
    Level("nickname.unusual", "the same unusual handle as on another platform", _HANDLE, Rarity.OWN),
    Level("nickname.plain", "the same handle as on another platform, made of the name", _HANDLE),
    Level("age.older", "the account is as old as the customer relation", _HANDLE),
    Level("age.younger", "the account is younger ({created}) than the customer relation ({since})", _HANDLE),
    Level("name.full", "the display name is the customer's name", _NAME, Rarity.FULL_NAME),
    Level("name.handle_completes", "display name and handle together are the customer's name", _NAME, Rarity.FULL_NAME),
    Level("name.variant", "the display name is the customer's name, spelt differently", _NAME, Rarity.FULL_NAME),
    Level(
        "name.nickname", "the display name is the customer's last name with a short form of the first", _NAME, Rarity.FULL_NAME
    ),
    Level(
        "name.short",
        "the display name is the customer's last name with what may be a short form of the first",
        _NAME,
        Rarity.FULL_NAME,
    ),
    Level("name.handle", "the handle is the customer's name", _NAME, Rarity.FULL_NAME),
    Level("name.changed_kept", "another last name, but the handle bears the customer's", _NAME, Rarity.FULL_NAME),
    Level("name.initial", "the display name is the customer's, one part of it by its initial", _NAME, Rarity.INITIAL),
    Level("name.handle_initial", "the handle is the customer's name with an initial", _NAME, Rarity.INITIAL),
    Level("name.shared", "the display name is the customer's, but for one of several last names", _NAME, Rarity.INITIAL),
    Level("name.first", "the display name is the customer's first name", _NAME, Rarity.FIRST_NAME),
    Level("name.last", "the display name is the customer's last name", _NAME, Rarity.LAST_NAME),
    Level("name.changed", "the customer's first name with another last name", _NAME, Rarity.FIRST_NAME),
    Level("name.silent", "the display name does not contradict", _NAME),
    Level("name.relative", "the display name has the last name with another first name", _NAME, Rarity.LAST_NAME),
    Level("name.kin", "the display name has the last name with clearly another first name", _NAME, Rarity.LAST_NAME),
    Level("name.other", "the display name is another person's", _NAME),
    Level("company.domain", "a site of their company", _COMPANY, Rarity.COMPANY),
    Level("company.mail", "an e-mail address of their company", _COMPANY, Rarity.COMPANY),
    Level("company.stated", "the profile names their company", _COMPANY, Rarity.COMPANY),
    Level("company.handle", "the handle names their company", _COMPANY, Rarity.COMPANY),
    Level("company.former", "the profile names their company as a former one", _COMPANY, Rarity.COMPANY),
    Level("company.part", "the profile names a company much like theirs", _COMPANY),
    Level("company.outsider", "the author writes about a company as an outsider", _COMPANY),
    Level("company.beside", "the profile seems to name another company", _COMPANY),
    Level("company.named", "the profile has a name that may be another company's", _COMPANY),
    Level("company.other", "the profile names another company", _COMPANY),
    Level("company.other_customer", "the profile names another company of the CRM", _COMPANY),
    Level("place.same", "the same place", _PLACE, Rarity.PLACE),
    Level("place.colleague", "the same place, as most people of their company have", _PLACE),
    Level("place.region", "the same country or region", _PLACE),
    Level("place.other", "another place", _PLACE),
    Level("signs.doubtful", "the account has signs of a copy: {signs}", _HANDLE),
)
LEVELS = {level.key: level for level in _LEVELS}
