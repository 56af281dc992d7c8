"""A few customers in memory, as the matcher asks for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from listener.core.people import Customer
from nlp.identity.customer_keys import customer_keys


class Crm:
    """A ``CustomerIndex`` of a few customers."""

    def __init__(self, *customers: Customer) -> None:
        self._customers = customers

    def candidates(self, keys: Collection[str], cap: int) -> Mapping[str, Sequence[Customer]]:
        found = {key: [one for one in self._customers if key in customer_keys(one)] for key in keys}
        return {key: some for key, some in found.items() if 0 < len(some) <= cap}

    def bearers(self, keys: Collection[str]) -> Mapping[str, int]:
        return {key: sum(key in customer_keys(one) for one in self._customers) for key in keys}

    def total(self) -> int:
        return len(self._customers)

    def accounts(self, keys: Collection[str]) -> Mapping[str, str]:
        return {key: one.company for one in self._customers for key in set(keys) & set(customer_keys(one))}
