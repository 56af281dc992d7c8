"""Hard identity cases of an invented world, with truth: a second source, independent of any set that a matcher was made on.

    python benchmarks/identity_cases.py --customers 5000 --cases 3000 --seed 1 OUT_DIR
    python benchmarks/identity_cases.py --customers 5000 --each 500 --seed 1 OUT_DIR

The first makes a mix as among real authors, the second so many cases of every kind. Both write ``crm.csv``, ``authors.jsonl`` and
``truth.csv`` in the format that ``benchmarks/match_dev.py`` and ``listener eval match`` read; the same seed gives the same files.

A case is fair: where somebody is to be found, what the author says of themselves tells a careful person who it is; where nobody
is, it tells that too, or it says too little for anybody.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import identity_bios as bios
from identity_names import CULTURES
from identity_people import PLATFORMS, TITLES, Company, Contact, Person, World, latin, plain, slug

_TRIES = 20_000
_URLS = {
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
_LOOK_ALIKES = str.maketrans("aeopcxyiAEOPCBHKMT", "аеорсхуіАЕОРСВНКМТ")


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


class Kind(NamedTuple):
    """How a kind of case is made, and how many of a hundred authors are of it in a mix."""

    make: Callable[[Maker], IdentityCase | None]
    share: float
    customer: bool


class Maker:
    """Makes cases of one world. A method that finds that the one it picked does not fit returns ``None`` and is asked again."""

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

    def cases(self, kind: str, number: int) -> Iterator[IdentityCase]:
        for _ in range(number):
            for _ in range(_TRIES):
                case = KINDS[kind].make(self)
                if case is not None:
                    yield case
                    break
            else:
                raise ValueError(f"the world is too small for a case of {kind}")

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
            "profile_url": url or _URLS[platform].format(handle),
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

    # -------------------------------------------------------------------------------------- somebody who is a customer

    def with_employer(self, kind: str, name: Callable[[Person], str | None]) -> IdentityCase | None:
        """A name in some form, and the employer in the bio."""
        contact = self.employed_contact()
        one, platform = contact.person, self.free_platform(contact)
        if platform is None or not self.clear(contact) or (shown := name(one)) is None:
            return None
        place = self.place(one)
        return self.case(kind, platform, self.world.handle(one), shown, self.job(one), contact=contact, location=place)

    def name_employer(self) -> IdentityCase | None:
        return self.with_employer("name_employer", self.shown)

    def nickname(self) -> IdentityCase | None:
        def name(one: Person) -> str | None:
            return self.decorated(f"{self.pick(one.nicknames)} {one.last}") if one.nicknames else None

        return self.with_employer("nickname_employer", name)

    def transliteration(self) -> IdentityCase | None:
        def name(one: Person) -> str | None:
            if len(one.given) < 2 and all(len(family) < 2 for family in one.families):
                return None
            first, families = self.pick(one.given), [self.pick(family) for family in one.families]
            script = not first.isascii() and not plain(first).isascii()
            if script or any(not plain(family).isascii() for family in families):  # then all of it, as people write
                first, families = one.given[0], [family[0] for family in one.families]
            shown = f"{first} {' '.join(families)}"
            return None if shown == one.name else shown

        return self.with_employer("transliteration", name)

    def typo(self) -> IdentityCase | None:
        def name(one: Person) -> str | None:
            at_last = len(one.last) >= 6
            word = one.last if at_last else one.first
            if len(word) < 6:
                return None
            at = self.chance.randint(1, len(word) - 2)
            slip = self.pick(
                (
                    word[:at] + word[at + 1 :],
                    word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                    word[:at] + word[at] + word[at:],
                )
            )
            return None if slip == word else f"{one.first} {slip}" if at_last else f"{slip} {one.last}"

        return self.with_employer("typo", name)

    def order(self) -> IdentityCase | None:
        return self.with_employer(
            "name_order",
            lambda one: self.pick((f"{one.last}, {one.first}", f"{one.last} {one.first}", f"{one.last.upper()} {one.first}")),
        )

    def disguised(self) -> IdentityCase | None:
        def name(one: Person) -> str | None:
            shown = one.name
            match self.chance.randint(0, 3):
                case 0:
                    return shown[:2] + "\u200b" + shown[2:5] + "\u2060" + shown[5:]
                case 1:
                    return shown.translate(_LOOK_ALIKES)
                case 2:
                    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in plain(shown))
            return "".join(
                chr(0x1D5D4 + ord(c) - 65) if "A" <= c <= "Z" else chr(0x1D5EE + ord(c) - 97) if "a" <= c <= "z" else c
                for c in plain(shown)
            )

        return self.with_employer("look_alike_letters", name)

    def initials(self) -> IdentityCase | None:
        return self.with_employer(
            "initial_employer", lambda one: f"{one.first[0]}. {one.last}" if one.first[0].isascii() else None
        )

    def married(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one, platform = contact.person, self.free_platform(contact)
        if platform is None or not one.woman or not self.clear(contact) or one.culture.patronymic:
            return None
        new = latin(self.world.person(one.culture).families[0]) if not one.culture.single else ""
        if not new or slug(new) == slug(one.last):
            return None
        handle, bio = self.world.pseudonym(), self.job(one)
        style = self.chance.random()
        if style < 0.4:
            name = self.pick((f"{one.first} {one.last}-{new}", f"{one.first} {new}-{one.last}"))
        elif style < 0.75:
            name = self.pick(
                (f"{one.first} {new} (née {one.last})", f"{one.first} {new} geb. {one.last}", f"{one.first} {new} ({one.last})")
            )
        else:
            name, handle = f"{one.first} {new}", f"{slug(one.first)}.{slug(one.last)}"
        return self.case("married_name", platform, handle, name, bio, contact=contact, location=self.place(one))

    def single_name(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one, platform = contact.person, self.free_platform(contact)
        assert one.company is not None
        there = [other for other in self.world.by_company[one.company.name] if other.person is not one]
        if platform is None or len(there) > 40 or any(slug(other.person.first)[:2] == slug(one.first)[:2] for other in there):
            return None
        made = self.world.pseudonym()
        bio = f"{one.title}, {one.company.stem}"
        return self.case("single_name", platform, made, one.first, bio, contact=contact, location=one.city)

    def handle_pattern(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one, platform = contact.person, self.free_platform(contact)
        assert one.company is not None
        first, last, firm = slug(one.first), slug(one.last), slug(one.company.stem)
        if platform is None or not self.clear(contact) or min(len(first), len(last)) < 3 or len(firm) > 18:
            return None
        handle = self.pick(
            (
                f"{first}{last}_{firm}",
                f"{first[0]}{last}_{firm}",
                f"{first}.{last}.{firm}",
                f"{firm}_{first}{last}",
                f"{first}-{last}-{firm}",
            )
        )
        name = self.pick(("", one.first, f"{first[0].upper()}.{last[0].upper()}.", one.name))
        return self.case("handle_pattern", platform, handle, name, self.pick(("", self.hobby())), contact=contact)

    def known_handle(self) -> IdentityCase | None:
        contact = self.pick(self.with_handles)
        one, platform = contact.person, self.pick(list(contact.handles))
        handle = contact.handles[platform]
        names = (
            self.shown(one),
            self.shown(one),
            one.first,
            "",
            handle,
            self.pick(one.nicknames) if one.nicknames else one.first,
        )
        handle = (
            self.pick((handle, handle, handle.upper(), handle.capitalize())) if platform in {"x", "github", "reddit"} else handle
        )
        bio = self.job(one) if one.company and self.chance.random() < 0.3 else self.hobby()
        created = self.pick((None, self.chance.randint(2008, contact.since)))
        return (
            self.case(
                "known_handle",
                platform,
                handle,
                self.pick(names),
                bio,
                contact=contact,
                created=created or 0,
                location=self.place(one, 0.3),
            )
            if created
            else self._undated(
                self.case("known_handle", platform, handle, self.pick(names), bio, contact=contact, location=self.place(one, 0.3))
            )
        )

    def _undated(self, case: IdentityCase) -> IdentityCase:
        case.author["created_year"] = None
        return case

    def email(self) -> IdentityCase | None:
        contact = self.pick(self.singles)
        platform = self.free_platform(contact)
        if not contact.email or platform is None or self.akin_mailbox(contact):
            return None
        local, _, domain = contact.email.partition("@")
        forms = [contact.email, contact.email.upper(), f"{local}+social@{domain}", f"mailto:{contact.email}"]
        if domain == "gmail.com":
            forms += [f"{local[0]}.{local[1:]}@gmail.com".replace("..", "."), f"{local}@googlemail.com"]
        name = self.pick(("", self.shown(contact.person), contact.person.first, self.world.pseudonym()))
        handle = self.world.handle(contact.person)
        return self.case("email", platform, handle, name, self.hobby(), contact=contact, email=self.pick(forms))

    def akin_mailbox(self, contact: Contact) -> bool:
        """A mailbox of a town hall, not of a person."""
        return contact.email.partition("@")[0] in {"info", "office", "hello", "me", "mail"} and contact.person.company is not None

    def cross_link(self) -> IdentityCase | None:
        contact = self.pick(self.with_handles)
        platform = self.free_platform(contact)
        if platform is None:
            return None
        there = self.pick(list(contact.handles))
        url = _URLS[there].format(contact.handles[there])
        name = self.pick(("", self.shown(contact.person), contact.person.first, contact.handles[there]))
        handle = self.pick((contact.handles[there], self.world.handle(contact.person)))
        links = self.chance.sample([url, "https://example.org/?p=7", "not a link"], 3)
        return self.case("cross_link", platform, handle, name, self.hobby(), contact=contact, links=links)

    def personal_domain(self) -> IdentityCase | None:
        contact = self.pick(self.singles)
        one = contact.person
        if one.company or not contact.website:
            return None
        domain = contact.website.removeprefix("https://").strip("/")
        if self.chance.random() < 0.6:
            return self.case(
                "personal_domain", "blog", domain, self.pick((one.name, one.first, domain)), self.hobby(), contact=contact
            )
        platform = self.free_platform(contact)
        if platform is None:
            return None
        name, link = self.pick((one.name, one.first)), self.pick((domain, f"https://{domain}/about", f"http://www.{domain}"))
        return self.case("personal_domain", platform, self.world.handle(one), name, self.hobby(), contact=contact, links=[link])

    def corporate_blog(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one = contact.person
        if not self.clear(contact) or not contact.website:
            return None
        assert one.company is not None
        domain = one.company.domain
        handle = self.pick((domain, f"blog.{domain}", domain))
        url = f"https://{handle}/{self.pick(('authors', 'team', 'blog/by'))}/{slug(one.first)}-{slug(one.last)}"
        return self.case(
            "corporate_blog", "blog", handle, one.name, self.pick(("", self.hobby(), one.title)), contact=contact, url=url
        )

    def rare_name(self) -> IdentityCase | None:
        contact = self.pick(self.singles)
        one, platform = contact.person, self.free_platform(contact)
        if (
            platform is None
            or not one.rare
            or self.world.family[slug(one.last)] > 1 + len(self._duplicates.get(contact.contact_id, ()))
        ):
            return None
        place = one.city if self.chance.random() < 0.5 else ""
        return self.case(
            "rare_name", platform, self.world.handle(one), self.shown(one), self.hobby(), contact=contact, location=place
        )

    def job_change(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one, platform = contact.person, self.free_platform(contact)
        if platform is None or not self.clear(contact):
            return None
        bio = self.says(bios.MOVED, one.company, one)
        return self.case(
            "job_change", platform, self.world.handle(one), self.shown(one), bio, contact=contact, location=self.place(one)
        )

    # ---------------------------------------------------------------------------------------------- nobody to be found

    def anybody(self) -> IdentityCase:
        one = self.stranger()
        bio = (
            self.job(one, Company(stem := self.world.stem(), stem, f"{slug(stem)}.example", one.culture))
            if self.chance.random() < 0.3
            else self.hobby()
        )
        name = self.pick((self.shown(one), self.shown(one), one.first, "", self.world.handle(one)))
        return self.case("stranger", self.pick(PLATFORMS), self.world.handle(one), name, bio, location=self.place(one))

    def same_name_stranger(self) -> IdentityCase | None:
        contact = self.pick(self.singles)
        one, platform = contact.person, self.free_platform(contact)
        if platform is None or not self.common(one, 3):
            return None
        stem = self.world.stem()
        elsewhere = Company(stem, stem, f"{stem.lower()}.example", one.culture)
        roll = self.chance.random()
        there = self.elsewhere(one)
        if roll < 0.5:
            bio, place = (
                self.job(Person(one.culture, one.given, one.families, one.woman, there, self.pick(TITLES)), elsewhere),
                self.pick((there, "")),
            )
        elif roll < 0.65:
            bio, place = self.says(bios.MOVED, elsewhere), self.pick((there, ""))
        elif roll < 0.85:
            bio, place = self.hobby(), there
        elif self.common(one, 8):
            bio, place = self.hobby(), ""
        else:
            return None
        return self.case("same_name_stranger", platform, self.world.handle(one), self.shown(one), bio, location=place)

    def same_name_other_customer(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one, platform = contact.person, self.free_platform(contact)
        company = self.pick(self.world.companies)
        if platform is None or not one.families or company is one.company or self.compatible(one, company):
            return None
        assert one.company is not None
        if one.company.stem.split()[0] == company.stem.split()[0]:
            return None
        bio = self.job(Person(one.culture, one.given, one.families, one.woman, self.elsewhere(one), self.pick(TITLES)), company)
        return self.case("same_name_other_customer", platform, self.world.handle(one), self.shown(one), bio, account=company)

    def namesakes(self) -> IdentityCase | None:
        """Two customers of one name at one company, and nothing that tells them apart."""
        contact = self.pick(self.employed)
        if not contact.contact_id.startswith("N"):
            return None
        one, platform = contact.person, self.free_platform(contact)
        first = next(each for each in self.singles if each.contact_id == f"K{contact.contact_id[1:]}")
        if platform is None or platform in first.handles:
            return None
        assert one.company is not None
        bio = self.pick(
            (one.company.stem, f"Works at {one.company.stem}", f"{one.company.name} employee", f"@{slug(one.company.stem)}")
        )
        return self.case("two_of_one_name", platform, self.world.handle(one), self.shown(one), bio, account=one.company)

    def recycled(self) -> IdentityCase | None:
        contact = self.pick(self.with_handles)
        one, platform = contact.person, self.pick(list(contact.handles))
        other = self.stranger()
        if contact.since > 2023 or self.akin(one, other) or slug(one.first)[:2] == slug(other.first)[:2] or not other.families:
            return None
        handle, young = contact.handles[platform], self.chance.randint(contact.since + 2, 2026)
        roll = self.chance.random()
        if roll < 0.6:
            return self.case(
                "recycled_handle", platform, handle, self.shown(other), self.hobby(), created=young, location=other.city
            )
        if roll < 0.85:
            return self._undated(
                self.case(
                    "recycled_handle",
                    platform,
                    handle,
                    self.shown(other),
                    self.job(other, self.world.company()),
                    location=other.city,
                )
            )
        return self.case("recycled_handle", platform, handle, "", self.hobby(), created=young, location=other.city)

    def impersonator(self) -> IdentityCase | None:
        contact = self.pick(self.with_handles)
        one, platform = contact.person, self.pick(list(contact.handles))
        known = contact.handles[platform]
        if one.company is None or len(known) < 6:
            return None
        near = [
            f"{known}_",
            f"{known}_official",
            f"real_{known}",
            f"{known}{known[-1]}",
            f"the{known}",
            f"{known}_hq",
            f"{known}2",
        ]
        near += [known.replace("l", "1"), known.replace("o", "0"), known.replace("i", "l"), known.replace("_", "__")]
        handle = self.pick([one for one in near if one != known])
        name = self.pick((one.name, one.name, one.name.translate(_LOOK_ALIKES), f"{one.name} ✓", f"{one.name} (Official)"))
        bio = self.says(bios.SCAM, one.company, one) if self.chance.random() < 0.6 else self.job(one)
        young = self.pick((2025, 2026))
        return self.case(
            "impersonator",
            platform,
            handle,
            name,
            bio,
            created=young,
            followers=self.chance.randint(0, 30),
            location=self.place(one),
        )

    def parody(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one = contact.person
        platform = self.free_platform(contact)
        if platform is None:
            return None
        name = self.pick(
            (
                f"Not {one.name}",
                f"Fake {one.name}",
                f"{one.name} (parody)",
                f"{one.name} but tired",
                one.name,
                f"Definitely {one.name}",
            )
        )
        handle = self.pick(
            (
                f"not{slug(one.name)}",
                f"fake_{slug(one.last) or slug(one.first)}",
                f"{slug(one.name)}_parody",
                self.world.handle(one),
            )
        )
        return self.case("parody", platform, handle, name, self.says(bios.PARODY, one.company, one))

    def bot(self) -> IdentityCase:
        contact = self.employed_contact()
        one, company = contact.person, contact.person.company
        assert company is not None
        name = self.pick(
            (
                f"{company.stem} news bot",
                f"{company.stem} jobs (unofficial)",
                f"{one.first} Bot",
                f"{company.stem} mentions",
                f"RSS {company.stem}",
                "beep",
            )
        )
        handle = self.pick(
            (
                f"{slug(company.stem)}bot",
                f"{slug(company.stem)}_rss",
                f"{slug(one.first)}_bot",
                f"bot_{slug(company.stem)}",
                f"{slug(company.stem)}_feed",
            )
        )
        return self.case(
            "bot", self.pick(("x", "mastodon", "bluesky", "reddit")), handle, name, self.says(bios.BOT, company, one)
        )

    def brand_account(self) -> IdentityCase | None:
        families = [company for company in self.world.companies if company.family and company.name in self.world.by_company]
        company = self.pick(families) if families and self.chance.random() < 0.3 else self.pick(self.world.companies)
        if company.name not in self.world.by_company or not any(one.website for one in self.world.by_company[company.name]):
            return None
        name = self.pick(
            (
                company.stem,
                company.name,
                f"{company.stem} Support",
                f"{company.stem} Careers",
                f"{company.stem} {company.culture.country}",
            )
        )
        handle = self.pick(
            (slug(company.stem), f"{slug(company.stem)}_official", f"{slug(company.stem)}hq", f"ask{slug(company.stem)}")
        )
        platform = self.pick((*PLATFORMS, "blog", "blog"))
        site = f"https://www.{company.domain}/"
        if platform == "blog":
            return self.case("brand_account", platform, company.domain, name, self.says(bios.BRAND, company), account=company)
        return self.case(
            "brand_account",
            platform,
            handle,
            name,
            self.says(bios.BRAND, company),
            account=company,
            links=[site],
            followers=self.chance.randint(200, 90_000),
        )

    def agency(self) -> IdentityCase:
        client = self.pick(self.world.companies)
        if self.chance.random() < 0.5:
            stem = self.world.stem()
            name, handle = (
                self.pick((f"{stem} Communications", f"Studio {stem}", f"{stem} PR", f"Agentur {stem}")),
                f"{slug(stem)}_agency",
            )
            return self.case(
                "agency",
                self.pick(PLATFORMS),
                handle,
                name,
                self.says(bios.AGENCY, client),
                links=[f"https://{slug(stem)}.example"],
            )
        one = self.stranger()
        while self.compatible(one, client):
            one = self.stranger()
        return self.case("agency", self.pick(PLATFORMS), self.world.handle(one), self.shown(one), self.says(bios.AGENT, client))

    def colleague(self) -> IdentityCase:
        company = self.pick(self.world.companies)
        one = self.stranger()
        while self.compatible(one, company):
            one = self.stranger()
        return self.case(
            "same_company_other",
            self.pick(PLATFORMS),
            self.world.handle(one),
            self.shown(one),
            self.job(one, company),
            account=company,
            location=self.place(one),
        )

    def family(self) -> IdentityCase | None:
        contact = self.employed_contact()
        one = contact.person
        assert one.company is not None
        if not one.families or one.culture.patronymic:
            return None
        there = {
            slug(other.person.first)[:1] for other in self.world.by_company[one.company.name] if self.akin(other.person, one)
        }
        given = self.pick(one.culture.women if one.woman else one.culture.men)
        if any(_alike(slug(spelling), slug(one.first)) for spelling in given):  # a slip of the pen could make one of the other
            return None
        if slug(latin(given))[:1] in there or any(
            slug(nick)[:1] in there for nick in Person(one.culture, given, (), True, "", "").nicknames
        ):
            return None
        kin = Person(one.culture, given, one.families, one.woman, one.city, self.pick(TITLES), one.company)
        bio = self.says(bios.KIN, one.company, kin) if self.chance.random() < 0.5 else self.job(kin)
        return self.case(
            "family",
            self.pick(PLATFORMS),
            self.world.handle(kin),
            self.shown(kin),
            bio,
            account=one.company,
            location=self.place(one),
        )

    def ex_employee(self) -> IdentityCase:
        company = self.pick(self.world.companies)
        one = self.stranger()
        while self.compatible(one, company):
            one = self.stranger()
        return self.case(
            "ex_employee",
            self.pick(PLATFORMS),
            self.world.handle(one),
            self.shown(one),
            self.says(bios.LEFT, company, one),
            location=self.place(one),
        )

    def common_name_only(self) -> IdentityCase | None:
        contact = self.pick(self.singles)
        one, platform = contact.person, self.free_platform(contact)
        if platform is None or self.bearers(one) < 2 or not one.families:
            return None
        name = self.shown(one) if self.chance.random() < 0.8 else f"{one.first[0]}. {one.last}"
        return self.case("common_name_only", platform, self.world.handle(one), name, self.hobby())

    def generic_handle(self) -> IdentityCase | None:
        contact = self.pick(self.with_handles)
        handle = next(
            (one for one in contact.handles.values() if one.startswith(slug(contact.person.first)) and one[-2:].isdigit()), None
        )
        other, platform = self.stranger(), self.free_platform(contact)
        if (
            handle is None
            or platform is None
            or self.akin(contact.person, other)
            or slug(other.first) == slug(contact.person.first)
        ):
            return None
        return self.case(
            "generic_handle",
            platform,
            handle,
            self.pick((other.first, "", self.shown(other))),
            self.hobby(),
            location=self.place(other),
        )


def _alike(one: str, other: str) -> bool:
    """Whether one first name is a part of the other, but for its first letters."""
    return one[1:] in other or other[1:] in one


KINDS: dict[str, Kind] = {
    "known_handle": Kind(Maker.known_handle, 9, True),
    "email": Kind(Maker.email, 4, True),
    "cross_link": Kind(Maker.cross_link, 5, True),
    "name_employer": Kind(Maker.name_employer, 10, True),
    "nickname_employer": Kind(Maker.nickname, 3, True),
    "transliteration": Kind(Maker.transliteration, 3, True),
    "typo": Kind(Maker.typo, 1.5, True),
    "name_order": Kind(Maker.order, 2, True),
    "look_alike_letters": Kind(Maker.disguised, 1, True),
    "initial_employer": Kind(Maker.initials, 1.5, True),
    "married_name": Kind(Maker.married, 2, True),
    "single_name": Kind(Maker.single_name, 1, True),
    "handle_pattern": Kind(Maker.handle_pattern, 3, True),
    "personal_domain": Kind(Maker.personal_domain, 2, True),
    "corporate_blog": Kind(Maker.corporate_blog, 3, True),
    "rare_name": Kind(Maker.rare_name, 4, True),
    "job_change": Kind(Maker.job_change, 2, True),
    "stranger": Kind(Maker.anybody, 16, False),
    "same_name_stranger": Kind(Maker.same_name_stranger, 6, False),
    "same_name_other_customer": Kind(Maker.same_name_other_customer, 2, False),
    "two_of_one_name": Kind(Maker.namesakes, 0.5, False),
    "recycled_handle": Kind(Maker.recycled, 2, False),
    "impersonator": Kind(Maker.impersonator, 1.5, False),
    "parody": Kind(Maker.parody, 1, False),
    "bot": Kind(Maker.bot, 1.5, False),
    "brand_account": Kind(Maker.brand_account, 4, False),
    "agency": Kind(Maker.agency, 1.5, False),
    "same_company_other": Kind(Maker.colleague, 5, False),
    "family": Kind(Maker.family, 1, False),
    "ex_employee": Kind(Maker.ex_employee, 1.5, False),
    "common_name_only": Kind(Maker.common_name_only, 2, False),
    "generic_handle": Kind(Maker.generic_handle, 1.5, False),
}


def mixed(maker: Maker, number: int) -> list[IdentityCase]:
    """So many cases, of every kind by its share."""
    names = list(KINDS)
    kinds = maker.chance.choices(names, [KINDS[name].share for name in names], k=number)
    return [case for kind in kinds for case in maker.cases(kind, 1)]


def of_each(maker: Maker, number: int, kinds: Sequence[str] = tuple(KINDS)) -> list[IdentityCase]:
    """So many cases of each of the kinds."""
    return [case for kind in kinds for case in maker.cases(kind, number)]


def write(world: World, cases: Sequence[IdentityCase], folder: Path) -> None:
    """The three files; people of the CRM in no order of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [world.row(contact) for contact in world.contacts]
    world.chance.shuffle(rows)
    _csv(folder / "crm.csv", rows)
    _csv(folder / "truth.csv", [case.truth() for case in cases])
    lines = (json.dumps(case.author, ensure_ascii=False) for case in cases)
    (folder / "authors.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _csv(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Hard identity cases with truth.")
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--customers", type=int, default=5000)
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--cases", type=int, default=3000, help="a mix of so many authors (default 3000)")
    number.add_argument("--each", type=int, help="so many of each kind instead")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    world = World(options.customers, options.seed)
    maker = Maker(world)
    cases = of_each(maker, options.each) if options.each else mixed(maker, options.cases)
    world.chance.shuffle(cases)
    write(world, cases, options.folder)
    known = sum(bool(case.contact_id) for case in cases)
    print(f"{len(world.contacts)} contacts, {len(cases)} authors ({known} are a contact), {len(KINDS)} kinds: {options.folder}")


if __name__ == "__main__":
    main()
