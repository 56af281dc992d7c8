"""One author of an invented world: what the accounts of a person look like, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import identity_bios as bios
from identity_contacts import Company, Contact, Person, latin, plain, slug
from identity_names import CULTURES
from identity_people import PLATFORMS, TITLES, World

URLS = {
    "x": "https://x.com/{}",
    "mastodon": "https://mastodon.social/@{}",
    "github": "https://github.com/{}",
    "reddit": "https://www.reddit.com/user/{}",
    "youtube": "https://www.youtube.com/@{}",
    "producthunt": "https://www.producthunt.com/@{}",
    "bluesky": "https://bsky.app/profile/{}",
    "linkedin": "https://www.linkedin.com/in/{}",
    "blog": "https://{}/",
}
LOOK_ALIKES = str.maketrans("aeopcxyiAEOPCBHKMT", "аеорсхуіАЕОРСВНКМТ")


@dataclass(frozen=True, slots=True)
class IdentityCase:
    """An author of the format of ``listener match``, and who it is."""

    author: dict[str, Any]
    kind: str
    contact_id: str = ""
    acceptable: tuple[str, ...] = ()
    account: str = ""

    def truth(self) -> dict[str, str]:
        return {
            "author_id": self.author["author_id"],
            "contact_id": self.contact_id,
            "acceptable_ids": "|".join(self.acceptable),
            "account": self.account,
            "kind": self.kind,
        }


class AuthorMaker:
    """What all makers of cases have in common."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance = world.chance
        self.pick = world.pick
        self._made = 0
        self._duplicates: dict[str, list[str]] = {}
        for contact in world.contacts:
            if contact.duplicate_of:
                self._duplicates.setdefault(contact.duplicate_of, []).append(contact.contact_id)
        self.singles = [one for one in world.contacts if not one.duplicate_of]
        self.employed = [one for one in self.singles if one.person.company]
        self.with_handles = [one for one in self.singles if one.handles]

    # ------------------------------------------------------------------------------------------------------- conditions

    def clear(self, contact: Contact) -> bool:
        """Whether nobody else at the company could be meant by the family name and the first letter."""
        one = contact.person
        there = self.world.by_company[one.company.name] if one.company else []
        return bool(one.families) and not any(
            other.person is not one and self.akin(other.person, one) and slug(other.person.first)[:1] == slug(one.first)[:1]
            for other in there
        )

    def akin(self, one: Person, other: Person) -> bool:
        """Whether they share a family name, in any spelling."""
        names = {slug(plain_name) for spellings in one.families for plain_name in spellings}
        return bool(names & {slug(plain_name) for spellings in other.families for plain_name in spellings})

    def compatible(self, one: Person, company: Company) -> bool:
        """Whether a contact of the company could be taken for this person."""
        return any(
            self.akin(other.person, one) or slug(other.person.first) == slug(one.first)
            for other in self.world.by_company[company.name]
        )

    def bearers(self, one: Person) -> int:
        return len([contact for contact in self.world.by_name[one.key] if not contact.duplicate_of])

    def common(self, one: Person, least: int) -> bool:
        families = [self.world.family[slug(latin(family))] for family in one.families]
        return bool(families) and min(families) >= least and self.world.given[slug(one.first)] >= least

    # ------------------------------------------------------------------------------------------------------------ parts

    def employed_contact(self) -> Contact:
        return self.pick(self.employed)

    def free_platform(self, contact: Contact) -> str | None:
        """A platform on which the CRM knows no account of theirs."""
        free = [platform for platform in PLATFORMS if platform not in contact.handles]
        return self.pick(free) if free else None

    def stranger(self) -> Person:
        """Somebody whose name no customer has, in no spelling."""
        while True:
            one = self.world.person(rare=self.chance.random() < 0.3)
            if not self.world.by_name[one.key] and not self.world.shares_spelling(one):
                return one

    def shown(self, one: Person, *, keep_order: bool = False) -> str:
        """A display name: in the order of the culture, with or without accents, with what people put around names."""
        first, last = one.first, one.last
        if self.chance.random() < 0.3:
            first, last = plain(first), plain(last)
        if one.culture.double and len(one.families) > 1 and self.chance.random() < 0.4:
            last = last.split(" ")[0] if " " not in latin(one.families[0]) else latin(one.families[0])
        turned = one.culture.family_first and not keep_order and self.chance.random() < 0.5
        return self.decorated(f"{last} {first}" if turned else f"{first} {last}".strip())

    def decorated(self, name: str) -> str:
        forms = (
            f"{name} {self.pick(bios.EMOJI)}",
            f"{name} {self.pick(bios.PRONOUNS)}",
            f"{self.pick(bios.HONORIFICS)} {name}",
            f"{name}, {self.pick(bios.TAILS)}",
            f"{self.pick(bios.EMOJI)} {name} | {self.pick(bios.PRONOUNS)}",
            name.lower(),
            name.upper(),
        )
        return self.pick(forms) if self.chance.random() < 0.45 else name

    def says(self, lines: Sequence[str], company: Company | None = None, one: Person | None = None) -> str:
        """One of the lines with its blanks filled; ``{o}`` is a company that no customer works for."""
        stem = company.stem if company else ""
        if stem and self.chance.random() < 0.1:
            stem = stem.lower()
        text = self.pick(lines).format(
            c=stem,
            n=company.name if company else "",
            h=slug(company.stem) if company else "",
            d=company.domain if company else "",
            t=one.title if one else self.pick(TITLES),
            o=self.world.stem(),
            p=one.city if one else self.pick(self.pick(CULTURES).cities),
            w=one.name if one else "",
        )
        return f"{text} {self.pick(bios.EMOJI)}" if text and self.chance.random() < 0.15 else text

    def job(self, one: Person, company: Company | None = None) -> str:
        """A bio that names the employer, in a language of the person's."""
        text = self.says(bios.EMPLOYED[self.pick(one.culture.languages)], company or one.company, one)
        return f"{text}. {self.pick(bios.PRIVATE)}" if self.chance.random() < 0.25 else text

    def hobby(self) -> str:
        return self.pick(bios.PRIVATE)

    def place(self, one: Person, often: float = 0.5) -> str:
        roll = self.chance.random()
        return one.city if roll < often else one.culture.country if roll < often + 0.15 else ""

    def elsewhere(self, one: Person) -> str:
        return self.pick(self.pick([culture for culture in CULTURES if culture is not one.culture]).cities)

    def case(
        self,
        kind: str,
        platform: str,
        handle: str,
        name: str,
        bio: str,
        *,
        contact: Contact | None = None,
        account: Company | None = None,
        links: Sequence[str] = (),
        email: str = "",
        location: str = "",
        created: int | None = None,
        followers: int | None = None,
        url: str = "",
    ) -> IdentityCase:
        self._made += 1
        author = {
            "author_id": f"G{self._made:06}",
            "platform": platform,
            "handle": handle,
            "display_name": name,
            "bio": bio,
            "profile_url": url or URLS[platform].format(handle),
            "links": list(links),
            "email": email,
            "location": location,
            "followers": self.chance.randint(0, 3000) if followers is None else followers,
            "following": self.chance.randint(0, 1500),
            "created_year": created if created is not None else self.pick((None, *range(2009, 2026))),
            "verified": False,
        }
        if contact is None:
            return IdentityCase(author, kind, account=account.name if account else "")
        first = contact.duplicate_of or contact.contact_id
        ids = (first, *self._duplicates.get(first, ()))
        company = contact.person.company
        return IdentityCase(author, kind, first, ids, company.name if company else "")
