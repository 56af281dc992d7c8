"""The one place that knows concrete classes: from a configuration file to the parts that the pipeline works with.

Loading touches neither the network nor the database; each part is opened by its own method, with its imports, so that a
command pays only for what it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from config.loader import load
from config.settings import Settings
from connectors._registry import load_problems, load_specs
from connectors.crm.registry import SPECS as CRM_SPECS
from connectors.crm.spec import CrmContext, CrmSpec
from listener.core.brand import Evidence, MatchingPolicy, OwnSide
from listener.core.connector import ConnectorContext, Door
from listener.core.errors import ConfigError, Problem
from listener.core.lessons import NO_LESSONS, Lessons
from listener.core.mention import digest
from listener.core.ports import Analyzer, Clock, CustomerSource, Matcher, Merger
from listener.core.recipients import Recipient
from listener.core.telling import Theme, Utterance
from listener.core.telling_ports import Notifier
from listener.notifiers import FOLDER
from listener.pipeline import Cleaner
from listener.sources import Source, source_of
from nlp.engines import ENGINES

if TYPE_CHECKING:
    from nlp.identity.weights import Weights
    from storage.store import Store


log = structlog.get_logger()

PHRASES = 50
"""Phrases that are looked at of what is held against a brand."""


def system_clock() -> datetime:
    """The time now: for what happens outside, like the date of a mail."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """A checked configuration and what can be opened with it."""

    settings: Settings
    sources: tuple[Source, ...]
    broken_connectors: tuple[Problem, ...] = ()
    """Third-party connectors that could not be loaded; no source uses them."""

    @property
    def own_side(self) -> OwnSide:
        return self.settings.own_side()

    @cached_property
    def policies(self) -> dict[str, MatchingPolicy]:
        """Every matching policy in use, by its name."""
        return {source.policy.name: source.policy for source in self.sources}

    @property
    def judging_fingerprint(self) -> str:
        """Changes when the same facts could lead to another standing."""
        from listener.judge import VERSION

        return digest("judge", VERSION, repr(self.settings.judging()))

    def source(self, name: str) -> Source:
        """The source of that name.

        Raises:
            ConfigError: there is none; the problem lists the names there are.
        """
        for source in self.sources:
            if source.name == name:
                return source
        names = ", ".join(source.name for source in self.sources) or "none is configured"
        raise ConfigError([Problem("--source", f"there is no source named {name!r}", f"one of: {names}")])

    def open_store(self, now: datetime, *, upgrade: bool = False) -> Store:
        """The database, created and (SQLite) migrated where needed; ``upgrade`` migrates PostgreSQL too."""
        from storage.store import open_store

        return open_store(
            self.settings.database_url(), now=now, pepper=self.settings.pepper(), upgrade=upgrade, policies=self.policies
        )

    def context(self, door: Door, now: datetime, *, since: datetime | None = None, limit: int | None = None) -> ConnectorContext:
        """What any connector may use; what it may use of the store is added by ``source_context``."""
        folder, brands = self.settings.folder, self.settings.brands()
        return ConnectorContext(door=door, now=now, since=since, limit=limit, folder=folder, brands=brands)

    def source_context(self, context: ConnectorContext, source: Source, store: Store) -> ConnectorContext:
        """The context of one source: with its ledger, its re-checks, and the customers' accounts that its policy lets us use."""
        policy = source.policy
        allowed = policy.provenance if Evidence.HANDLE in policy.evidence else frozenset()
        return replace(
            context,
            handles=lambda platform: store.customers.known_handles(platform, allowed),
            ledger=store.ledgers.of(source.name, context.now.date()),
            rechecks=store.rechecks.daily_rechecks(source.name, context.now) if source.spec.recheck else 0,
        )

    def open_door(self) -> AbstractContextManager[Door]:
        from listener.net.door import open_door

        return open_door(self.settings.door())

    def cleaner(self, *, apart: bool = False) -> Cleaner:
        """What makes plain text of a source's mark-up; ``apart``: in a process of its own, which a text may end."""
        if apart:
            from listener.cleaning import CleaningApart

            return CleaningApart()
        from nlp.text import to_text

        return to_text

    def analyzer(self, lessons: Lessons = NO_LESSONS) -> Analyzer:
        """What understands texts, with what people taught it; the last one is kept, since a scheduler asks for it again and
        again."""
        found = self._analyzers.get(lessons)
        if found is None:
            from nlp.analyzer import build_analyzer

            found = build_analyzer(
                [brand.rule for brand in self.settings.brands()],
                engine=self.settings.nlp.engine,
                languages=self.settings.nlp.languages,
                lessons=lessons,
                fallback=self.settings.nlp.fallback,
                model=self.settings.model(),
            )
            self._analyzers.clear()
            self._analyzers[lessons] = found
        return found

    @cached_property
    def _analyzers(self) -> dict[Lessons, Analyzer]:
        return {}

    def phrases(self) -> Callable[[Sequence[Utterance]], Sequence[Theme]]:
        """What finds every phrase that recurs, however often it does and whether or not a topic has it; no names."""
        names = self._names()

        def find(texts: Sequence[Utterance]) -> Sequence[Theme]:
            from nlp.themes import recurring

            return recurring(texts, names, most=PHRASES, often=1)

        return find

    def _names(self) -> list[str]:
        """Ours and those of rivals, and the words that explain them."""
        targets = [target for brand in self.settings.brands() for target in brand.rule.targets]
        return [name for target in targets for name in (target.name, *target.aliases, *target.context)]

    def themes(self) -> Callable[[Sequence[Utterance]], Sequence[Theme]]:
        """What finds recurring phrases: no names of ours or of rivals, nothing that has a topic already or explains our names."""
        rules = [brand.rule for brand in self.settings.brands()]
        names = self._names()
        words = [word for rule in rules for topic in rule.topics for word in (topic.name, *topic.words)]

        def find(texts: Sequence[Utterance]) -> Sequence[Theme]:
            from nlp.themes import recurring

            return recurring(texts, [*names, *words])

        return find

    def matcher(self, weights: Weights | None = None) -> Matcher:
        """What says who authors are; ``weights`` are fitted ones, instead of those that the program comes with."""
        from nlp.identity.matcher import build_matcher

        return build_matcher(self.own_side) if weights is None else build_matcher(self.own_side, weights)

    def fitted(self, store: Store) -> Weights | None:
        """The weights of the evidence that were fitted on this store; ``None`` where the program's own are to be used.

        Weights that another version fitted and this one cannot read are left aside, with a warning.
        """
        from nlp.identity.weights import Weights

        standing = store.match_models.standing()
        if standing is None:
            return None
        try:
            return Weights.from_json(standing.weights)
        except ValueError as error:
            log.warning("the fitted weights are of another version; fit again", action="fitted_weights", reason=str(error))
            return None

    def merger(self, weights: Weights | None = None) -> Merger:
        """What says which accounts are one person's."""
        from nlp.identity.merging import build_merger

        return build_merger(weights)

    def customer_file(self) -> Path | None:
        """The configured CRM export, if any."""
        customers = self.settings.customers
        return self.settings.resolve(customers.file) if customers.file and customers.effective_kind == "csv" else None

    def customer_source(self, path: Path | None = None, *, now: datetime | None = None) -> CustomerSource:
        """The customers of a CRM export, or without a ``path`` those of the configured source, as of ``now``.

        Building it touches no network.

        Raises:
            ConfigError: none is configured, or it lacks something (a secret, a package), or its columns cannot be used.
        """
        customers, kind = self.settings.customers, self.settings.customers.effective_kind
        if path is None and kind not in {None, "csv"}:
            if (why := self.customers_missing()) is not None:
                raise ConfigError([Problem("customers", why, "")])
            spec, options = self._crm
            context = CrmContext(self.open_door, now or system_clock(), customers.columns, self.settings.folder)
            return spec.build(options, context)
        from connectors.crm.csv_file import CsvFile

        found = path or self.customer_file()
        if found is None:
            raise ConfigError(
                [Problem("customers", "no source of customers is configured", "name a file, or a kind (docs/customers.md)")]
            )
        columns = customers.columns if kind in {None, "csv"} else {}  # else they are names of the CRM's, not of a file's
        return CsvFile(found, columns=columns, delimiter=customers.delimiter)

    def customers_missing(self) -> str | None:
        """What the configured database or CRM lacks to be asked (a secret, a package); files lack nothing here."""
        if self.settings.customers.effective_kind in {None, "csv"}:
            return None
        spec, options = self._crm
        return spec.missing(options)

    @property
    def customers_title(self) -> str:
        """What the configured database or CRM is asked for, to be shown."""
        spec, options = self._crm
        return spec.title(options)

    @property
    def customers_asked(self) -> str:
        """What the configured database or CRM is asked for, with all settings but the secrets: to see that they changed."""
        spec, options = self._crm
        return f"{spec.kind} {options!r} {sorted(self.settings.customers.columns.items())}"

    @cached_property
    def _crm(self) -> tuple[CrmSpec, Any]:
        spec = CRM_SPECS[str(self.settings.customers.kind)]
        return spec, spec.options.model_validate(self.settings.customers.options)

    def notifiers(self, clock: Clock = system_clock) -> dict[str, Notifier]:
        """The notifiers that are ready, by name. The folder of the digest is one of them, ``FOLDER``, so that a digest always
        lands."""
        from listener.notifiers import build_notifiers

        return build_notifiers(self.settings, clock)

    def recipients(self) -> list[Recipient]:
        """Who is told what, when and by which notifier; the folder of the digest is told everything."""
        return [self.settings.recipient(FOLDER, "digest"), *self.settings.recipients()]


def load_app(path: Path, env: Mapping[str, str]) -> App:
    """Check the whole configuration, with the options of every source.

    Raises:
        ConfigError: with *all* problems of the file, the environment and the sources.
    """
    specs = load_specs()
    settings = load(
        path,
        env,
        options={kind: spec.options for kind, spec in specs.items()},
        customers={kind: spec.options for kind, spec in CRM_SPECS.items()},
        engines=ENGINES,
    )
    return App(settings, tuple(source_of(settings, one, specs[one.kind]) for one in settings.sources), load_problems())
