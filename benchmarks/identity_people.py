"""An invented world for identity cases: companies, people, and a CRM export of them as untidy as a real one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import TypeVar

from identity_contacts import Company, Contact, Person, gendered, latin, plain, slug, spellings
from identity_names import CULTURES, Culture, Spellings

T = TypeVar("T")

PLATFORMS = ("x", "mastodon", "github", "reddit", "youtube", "producthunt", "bluesky", "linkedin")
TITLES = (
    "Head of Logistics",
    "Product Manager",
    "Data Engineer",
    "Finance Director",
    "Support Lead",
    "Procurement Officer",
    "Site Reliability Engineer",
    "UX Researcher",
    "Sales Manager",
    "Operations Analyst",
    "Marketing Coordinator",
    "Legal Counsel",
    "Plant Manager",
    "QA Tester",
    "Managing Director",
    "Office Manager",
)


def _words(text: str) -> list[str]:
    return text.split()


_SECTORS = _words(
    "Logistics Energy Foods Insurance Robotics Textiles Pharma Shipping Cement Optics Audio Travel Seeds Paper Printing Software"
    " Analytics Mobility Water Timber"
)
_STARTS = _words("Vel Dro Kar Mun Tis Ob Ranq Suv Yel Pex Gron Ilm Nav Zed Fask Quor Wex Hib Jul Trem")
_MIDDLES = _words("a o i u en ar ol im ust")
_ENDS = _words("dor vik mex tra lun nis gard pol sen ko fjell zia rune bex tan")
_PRODUCTS = ("Core", "Insights", "API", "Mobile", "Archive")
_FREE_MAIL = ("gmail.com", "outlook.com", "gmx.net", "yahoo.com", "proton.me", "icloud.com", "mail.ru", "naver.com", "web.de")
_RARE_MIDDLES = _words("b d g k l m n p r s t v z br dr")
_ADJECTIVES = _words("quiet amber lazy turbo misty pixel salty cosmic rusty velvet grumpy neon")
_NOUNS = _words("badger kettle comet otter walnut lantern pretzel glacier magpie teapot yak gecko")


@cache
def _weights(number: int, flat: int) -> list[float]:
    """Of a long tail; the greater ``flat``, the less the first stand out."""
    return [1 / (rank + flat) for rank in range(number)]


class World:
    """Companies, contacts and who bears which name. The same seed gives the same world."""

    def __init__(self, customers: int, seed: int) -> None:
        self.chance = Random(seed)
        self.companies: list[Company] = []
        self.contacts: list[Contact] = []
        self.taken: set[str] = set()
        """Handles, stems and domains that exist."""
        self._found_companies(max(12, customers // 9))
        self._hire(customers)
        self.by_company: dict[str, list[Contact]] = defaultdict(list)
        self.by_name: dict[tuple[str, str], list[Contact]] = defaultdict(list)
        self._spellings: set[tuple[str, str]] = set()
        self.given: Counter[str] = Counter()
        self.family: Counter[str] = Counter()
        for contact in self.contacts:
            self.by_name[contact.person.key].append(contact)
            self._spellings |= spellings(contact.person)
            self.given[slug(contact.person.first)] += 1
            for family in contact.person.families:
                self.family[slug(latin(family))] += 1
            if contact.person.company:
                self.by_company[contact.person.company.name].append(contact)

    def shares_spelling(self, one: Person) -> bool:
        """Whether a customer's name can be written like one of this person's forms."""
        return bool(spellings(one) & self._spellings)

    # ------------------------------------------------------------------------------------------------------ companies

    def stem(self) -> str:
        while True:
            inner = self.pick(_RARE_MIDDLES) + self.pick(_MIDDLES[:4]) if self.chance.random() < 0.4 else ""
            word = self.pick(_STARTS) + self.pick(_MIDDLES) + inner + self.pick(_ENDS)
            if word.lower() not in self.taken:
                self.taken.add(word.lower())
                return word

    def company(self, culture: Culture | None = None, word: str = "") -> Company:
        """One more: a coined word, a word shared with another company and a sector, or a family's name."""
        culture = culture or self.pick(CULTURES)
        family = ""
        if word:
            stem = f"{word} {self.pick(_SECTORS)}"
        elif self.chance.random() < 0.12:
            family = latin(self.pick(culture.families))
            stem = self.pick((f"{family} {self.pick(_SECTORS)}", f"{family} & Partners", f"Studio {family}", f"{family} Group"))
        else:
            stem = self.stem() if self.chance.random() < 0.6 else f"{self.stem()} {self.pick(_SECTORS)}"
        while slug(stem) in self.taken:
            stem = f"{stem} {self.pick(_SECTORS)}"
        self.taken.add(slug(stem))
        form = self.pick(culture.legal)
        name = stem if self.chance.random() < 0.3 else f"{form} {stem}" if form == "PT" else f"{stem} {form}"
        return Company(stem, name, f"{slug(stem)}.example", culture, family)

    def _found_companies(self, number: int) -> None:
        while len(self.companies) < number:
            shares = self.companies and self.chance.random() < 0.15
            word = self.pick(self.companies).stem.split()[0] if shares else ""
            self.companies.append(self.company(word=word if len(word) > 3 else ""))

    # --------------------------------------------------------------------------------------------------------- people

    def pick(self, items: Sequence[T]) -> T:
        return self.chance.choice(items)

    def often(self, items: Sequence[T]) -> T:
        """The first are borne by many, the last by few."""
        return self.chance.choices(items, _weights(len(items), 4))[0]

    def person(self, culture: Culture | None = None, company: Company | None = None, *, rare: bool = False) -> Person:
        culture = culture or self.pick(CULTURES)
        woman = self.chance.random() < 0.5
        given = self.often(culture.women if woman else culture.men)
        families: tuple[Spellings, ...]
        if rare:
            families = (self.rare_family(culture),)
        elif culture.single and self.chance.random() < 0.3:
            families = ()
        elif culture.double and self.chance.random() < 0.7:
            families = (self.often(culture.families), self.pick(culture.families))
        else:
            families = (self.often(culture.families),)
        families = tuple(gendered(culture, one, woman=woman) for one in families)
        return Person(culture, given, families, woman, self.pick(culture.cities), self.pick(TITLES), company, rare)

    def rare_family(self, culture: Culture) -> Spellings:
        """A family name that nobody else has."""
        starts, ends = (part.split() for part in culture.rare)
        while True:
            name = self.pick(starts) + self.pick(_MIDDLES[:4]) + self.pick(_RARE_MIDDLES) + self.pick(ends)
            if slug(name) not in self.taken:
                self.taken.add(slug(name))
                return (name,)

    def _hire(self, number: int) -> None:
        hired: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for at in range(number):
            rare = self.chance.random() < 0.15
            if self.chance.random() < 0.06:  # works for themselves
                person = self.person(rare=rare)
            else:
                company = self.chance.choices(self.companies, _weights(len(self.companies), 25))[0]
                person = self._colleague(company, hired[company.name], rare=rare)
                hired[company.name].add(person.key)
            self.contacts.append(self.contact(f"K{at + 1:06}", person))
        for contact in self.chance.sample([one for one in self.contacts if one.person.company], number // 60):
            self.contacts.append(self._namesake(contact))
        for contact in self.chance.sample(self.contacts, number // 40):
            self.contacts.append(self._second_entry(contact))

    def _colleague(self, company: Company, there: set[tuple[str, str]], *, rare: bool) -> Person:
        """Somebody of a name that nobody has there yet."""
        while True:
            culture = company.culture if self.chance.random() < 0.6 else None
            person = self.person(culture, company, rare=rare)
            if person.key not in there:
                return person

    def _namesake(self, contact: Contact) -> Contact:
        """Another person of the same name at the same company: another mailbox, another work, another town."""
        one = contact.person
        assert one.company is not None
        contact.website = contact.website or f"https://www.{one.company.domain}"
        contact.email = self.mailbox(one, one.company.domain)
        title = self.pick([title for title in TITLES if title != one.title])
        city = self.pick([city for city in one.culture.cities if city != one.city])
        other = self.contact(f"N{contact.contact_id[1:]}", replace(one, title=title, city=city))
        other.email, other.website = self.mailbox(one, one.company.domain), contact.website
        other.since = contact.since + self.pick((-3, -2, 2, 3))
        return other

    def contact(self, contact_id: str, person: Person) -> Contact:
        found = Contact(contact_id, person, since=self.chance.randint(2012, 2025))
        if person.company is None:
            domain = f"{slug(person.first)}{self.pick(('', '-'))}{slug(person.last)}.example"
            if domain not in self.taken and person.families:
                self.taken.add(domain)
                found.website, found.email = f"https://{domain}/", f"{self.pick(('hello', 'me', 'mail'))}@{domain}"
            else:
                found.email = self.mailbox(person, self.pick(_FREE_MAIL))
        elif self.chance.random() < 0.85:
            found.website = f"https://www.{person.company.domain}"
            found.email = self.mailbox(person, person.company.domain if self.chance.random() < 0.85 else self.pick(_FREE_MAIL))
        for platform in self.chance.sample(PLATFORMS, self.pick((0, 0, 1, 1, 2, 3))):
            found.handles[platform] = self.handle(person)
        return found

    def mailbox(self, person: Person, domain: str) -> str:
        first, last = slug(person.first), slug(person.last) or slug(person.title)
        names = [f"{first}.{last}", f"{first[:1]}{last}", f"{last}.{first}", f"{first}_{last}", f"{first[:1]}.{last}"]
        return self._free([f"{name}@{domain}" for name in self.chance.sample(names, len(names))], f"{first}.{last}{{}}@{domain}")

    def handle(self, person: Person) -> str:
        """A handle that nobody has: of the name, of a part of it, or of none."""
        first, last = slug(person.first), slug(person.last)
        made = f"{self.pick(_ADJECTIVES)}{self.pick(('', '_'))}{self.pick(_NOUNS)}"
        names = [
            f"{first}{last}",
            f"{first}_{last}",
            f"{first[:1]}{last}",
            f"{last}{first[:1]}",
            f"{first}{self.chance.randint(60, 99)}",
        ]
        names += [f"{made}{self.chance.randint(2, 99)}", made]
        return self._free([self.pick(names)], f"{self.pick(names)}{{}}")

    def pseudonym(self) -> str:
        """A handle that says no name."""
        made = f"{self.pick(_ADJECTIVES)}{self.pick(('', '_'))}{self.pick(_NOUNS)}{self.chance.randint(2, 99)}"
        return self._free([made], f"{made}{{}}")

    def _free(self, wanted: Sequence[str], numbered: str) -> str:
        for name in wanted:
            if name not in self.taken and len(name) > 4:
                self.taken.add(name)
                return name
        while True:
            name = numbered.format(self.chance.randint(2, 9999))
            if name not in self.taken:
                self.taken.add(name)
                return name

    def _second_entry(self, contact: Contact) -> Contact:
        """The same person entered again: less is known, nothing contradicts."""
        kept = dict(list(contact.handles.items())[:1])
        email = self.pick(("", contact.email.upper()))
        return Contact(
            f"D{contact.contact_id}",
            contact.person,
            email,
            contact.since,
            kept,
            contact.website,
            contact.duplicate_of or contact.contact_id,
        )

    # ------------------------------------------------------------------------------------------------------ as exported

    def row(self, contact: Contact) -> dict[str, str]:
        """The contact as the CRM exports it: spelled somehow, with gaps."""
        person, chance = contact.person, self.chance
        first, last = person.first, person.last
        if chance.random() < 0.2:
            first, last = plain(first), plain(last)
        case = chance.random()
        if case < 0.05:
            first, last = first.upper(), last.upper()
        elif case < 0.08:
            first, last = first.lower(), last.lower()
        elif case < 0.1:
            first, last = f" {first}", f"{last}  "
        if person.culture.single and not last:
            first, last = ("", first) if chance.random() < 0.3 else (first, "")
        company = person.company
        row = {
            "contact_id": contact.contact_id,
            "first_name": first,
            "last_name": last,
            "email": contact.email.upper() if chance.random() < 0.04 else contact.email,
            "company": (company.stem if chance.random() < 0.15 else company.name) if company else "",
            "website": contact.website,
            "title": person.title if chance.random() < 0.9 else "",
            "city": person.city if chance.random() < 0.85 else "",
            "segment": self.pick(("Enterprise", "Mid-market", "SMB", "")),
            "products": ";".join(chance.sample(_PRODUCTS, chance.randint(0, 3))),
            "customer_since": f"{contact.since}-{chance.randint(1, 12):02}-01",
            "region": person.culture.country if chance.random() < 0.5 else "",
            "language": person.culture.languages[0] if chance.random() < 0.3 else "",
        }
        for platform in PLATFORMS:
            handle = contact.handles.get(platform, "")
            style = chance.random()
            shown = f"@{handle}" if style < 0.2 else handle.upper() if style < 0.3 else handle
            row[f"handle_{platform}"] = shown if handle else ""
        return row
