"""Cases of authors who are a customer: each decidable by a careful person."""

from __future__ import annotations

from collections.abc import Callable

import identity_bios as bios
from identity_authors import LOOK_ALIKES, URLS, AuthorMaker, IdentityCase
from identity_contacts import Contact, Person, latin, plain, slug


class Somebody(AuthorMaker):
    """One method a kind; ``None`` where the one that it picked does not fit."""

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
                    return shown.translate(LOOK_ALIKES)
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
        url = URLS[there].format(contact.handles[there])
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
