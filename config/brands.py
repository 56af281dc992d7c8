"""The settings that say whom we listen for and who is one of us, and the core types they become."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from config.base import Section
from config.fields import Domain, QueryText, Text, refuse
from listener.core.brand import Brand, ListeningRule, OwnSide, Target, TargetKind, Topic
from listener.core.mention import normal_handle, normal_text


def _platforms(value: dict[str, list[str]]) -> dict[str, list[str]]:
    for platform, handles in value.items():
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", platform):
            raise refuse(
                'platforms in small letters, each with its handles: { x = ["@quillon"], mastodon = ["@quillon@social.example"] }'
            )
        if not all(normal_handle(handle) for handle in handles):
            raise refuse("handles that are not empty")
    return value


Handles = Annotated[dict[str, list[str]], AfterValidator(_platforms)]


class Named(Section):
    """What every target of listening has."""

    name: Text = Field(description="The name as people write it.")
    aliases: tuple[Text, ...] = Field((), description="Other spellings: abbreviations, former names, common misspellings.")
    ambiguous: bool = Field(
        False,
        description="The name is also a common word: it counts only with its own capitals and with one of the context words.",
    )
    context: tuple[Text, ...] = Field((), description="Words one of which must stand in the text for an ambiguous name to count.")


class ProductSettings(Named):
    """A product of a brand."""


class CompetitorSettings(Named):
    """A competitor of a brand."""

    domains: tuple[Domain, ...] = Field((), description="The competitor's domains, without https://.")
    handles: Handles = Field(default_factory=dict, description="The competitor's accounts on each platform.")


def _topic_words(value: tuple[str, ...]) -> tuple[str, ...]:
    for word in value:
        plain = word.rstrip("*")
        if "*" in plain or len(re.findall(r"\w", plain)) < 2:
            raise refuse('words and phrases of two letters or more; a "*" only at the end, for any ending: "price*"')
    return value


class TopicSettings(Section):
    """A feature or theme that people speak of."""

    name: Text = Field(description="What the topic is called in digests.")
    words: Annotated[tuple[Text, ...], AfterValidator(_topic_words)] = Field(
        min_length=1,
        description='Words and phrases by which a text names it, plurals included; "price*" is every word that begins so.',
    )

    @field_validator("name")
    @classmethod
    def _has_letters(cls, name: str) -> str:
        if not slug(name):
            raise refuse("a name with letters or digits")
        return name


class BrandSettings(Named):
    """One brand to listen for."""

    key: Text | None = Field(
        None,
        description="The brand's name in the database; set it to the old name when you rename a brand, to keep its history.",
    )
    handles: Handles = Field(
        default_factory=dict, description="The brand's own accounts on each platform; these are also on your own side."
    )
    domains: tuple[Domain, ...] = Field(
        (), description="The brand's own domains, without https://; these are also on your own side."
    )
    exclusions: tuple[Text, ...] = Field((), description="A text that contains one of these phrases is not about the brand.")
    query: QueryText | None = Field(
        None, description="A query (docs/queries.md) that a text must match besides naming the brand or one of the others here."
    )
    exclusion_sets: tuple[Text, ...] = Field(
        (),
        description="Names from [exclusion_sets], or jobs, giveaways, press: a text that one of these matches is not about it.",
    )
    products: tuple[ProductSettings, ...] = Field((), description="The brand's products, each heard as a target of its own.")
    competitors: tuple[CompetitorSettings, ...] = Field((), description="Competitors, heard for comparisons.")
    topics: tuple[TopicSettings, ...] = Field((), description="Features and themes, each with the sentiment toward it.")

    @field_validator("topics")
    @classmethod
    def _one_of_a_name(cls, topics: tuple[TopicSettings, ...]) -> tuple[TopicSettings, ...]:
        if len({slug(topic.name) for topic in topics}) < len(topics):
            raise refuse("topics with different names")
        return topics


def slug(name: str) -> str:
    """A name as a stable key: small letters and digits of any script, joined by hyphens."""
    return "-".join(re.findall(r"\w+", normal_text(name).replace("_", " ")))


def brand_key(brand: BrandSettings) -> str:
    return slug(brand.key or brand.name)


def core_brand(brand: BrandSettings, sets: Mapping[str, str] | None = None) -> Brand:
    """The brand with its listening rule: itself, its products and its competitors as targets.

    ``sets`` are the file's own exclusion sets.
    """
    key = brand_key(brand)
    asks = brand.query is not None or brand.exclusion_sets
    targets = [
        _target(brand, TargetKind.BRAND, key, key, brand.handles, brand.domains),
        *(_target(product, TargetKind.PRODUCT, f"{key}/{slug(product.name)}", key) for product in brand.products),
        *(
            _target(rival, TargetKind.COMPETITOR, f"{key}/vs/{slug(rival.name)}", key, rival.handles, rival.domains)
            for rival in brand.competitors
        ),
    ]
    return Brand(
        key=key,
        name=brand.name,
        rule=ListeningRule(
            brand=key,
            targets=tuple(targets),
            exclusions=brand.exclusions,
            topics=tuple(Topic(slug(topic.name), topic.name, topic.words) for topic in brand.topics),
            query=brand.query,
            unless=tuple((name, f"@{name}") for name in dict.fromkeys(name.lstrip("@") for name in brand.exclusion_sets)),
            sets=tuple(sorted((sets or {}).items())) if asks else (),
        ),
        domains=brand.domains,
        handles={platform: tuple(map(normal_handle, handles)) for platform, handles in brand.handles.items()},
    )


def _target(
    named: Named,
    kind: TargetKind,
    key: str,
    brand: str,
    handles: dict[str, list[str]] | None = None,
    domains: tuple[str, ...] = (),
) -> Target:
    spoken = {f"@{normal_handle(handle)}": None for of_platform in (handles or {}).values() for handle in of_platform}
    return Target(
        key=key,
        kind=kind,
        brand=brand,
        name=named.name,
        aliases=named.aliases,
        handles=tuple(spoken),
        domains=domains,
        ambiguous=named.ambiguous,
        context=named.context,
    )


class OwnSideSettings(Section):
    """Who is one of us: heard, never judged."""

    employees: tuple[Text, ...] = Field((), description="E-mail addresses, platform:handle, or full names.")
    partners: tuple[Text, ...] = Field((), description="The same forms, or a partner's domain.")
    agencies: tuple[Text, ...] = Field((), description="The same forms, or an agency's domain.")
    accounts: tuple[Text, ...] = Field((), description='Further accounts of ours as platform:handle, such as "x:@quillon_help".')
    domains: tuple[Domain, ...] = Field((), description="Further domains whose authors and e-mail addresses are ours.")


_ACCOUNT = re.compile(r"(?P<platform>[a-z0-9][a-z0-9_-]*):(?!//)\s*(?P<handle>\S+)", re.IGNORECASE)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")


def core_own_side(own: OwnSideSettings, brands: Iterable[Brand]) -> OwnSide:
    """Everybody on our own side: those configured, and the brands' own accounts and domains."""
    emails: set[str] = set()
    names: set[str] = set()
    domains: set[str] = set(own.domains)
    accounts: set[tuple[str, str]] = set()
    for brand in brands:
        domains.update(brand.domains)
        accounts.update((platform, handle) for platform, handles in brand.handles.items() for handle in handles)
    for entry in (*own.employees, *own.partners, *own.agencies, *own.accounts):
        if account := _ACCOUNT.fullmatch(entry):
            accounts.add((account["platform"].lower(), normal_handle(account["handle"])))
        elif _MAIL.fullmatch(entry):
            emails.add(entry.lower())
        elif _HOST.fullmatch(entry):
            domains.add(entry.lower().removeprefix("www."))
        else:
            names.add(normal_text(entry))
    return OwnSide(emails=frozenset(emails), domains=frozenset(domains), accounts=frozenset(accounts), names=frozenset(names))
