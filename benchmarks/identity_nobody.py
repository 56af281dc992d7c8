"""Cases of authors who are no customer, or of whom nobody can tell: what must not be linked."""

from __future__ import annotations

import identity_bios as bios
from identity_authors import LOOK_ALIKES, AuthorMaker, IdentityCase
from identity_contacts import Company, Person, latin, slug
from identity_people import PLATFORMS, TITLES


class Nobody(AuthorMaker):
    """One method a kind; ``None`` where the one that it picked does not fit."""

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
        name = self.pick((one.name, one.name, one.name.translate(LOOK_ALIKES), f"{one.name} ✓", f"{one.name} (Official)"))
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
