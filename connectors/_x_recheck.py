"""Whether posts are still there: X's terms want deleted and protected ones to go within a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors._x_budget import Budget, Charge, Price
from connectors._x_options import MONEY, POSTS, RECHECKED, Options, micro
from connectors._x_reading import gone, there
from listener.core.connector import Checked, ConnectorContext

_MOST = 100
_LONGEST_ID = 19


class XRechecker:
    """Looks posts up by their ids. Only the caps stop it: it spends what listening leaves alone."""

    def __init__(self, options: Options, context: ConnectorContext) -> None:
        from connectors._x_client import XApi  # here, because tweepy takes long to import

        self._api = XApi(options, context, "checking posts again")
        self._budget = Budget(options, context, reserved=False)
        self._price = Price(micro(options.post_usd), rechecked=1)

    def check(self, external_ids: Sequence[str]) -> Iterator[Checked]:
        """What became of the posts, a hundred an answer; one that X says nothing about is in no answer.

        Raises:
            SourcePaused: a cap is reached; the answers before it stand.
            RetryLater, SourceRejected, SourceProtocolError: as ``connectors._x_client.XApi``.
        """
        ids = [one for one in dict.fromkeys(external_ids) if one.isascii() and one.isdigit() and len(one) <= _LONGEST_ID]
        while ids:
            charge = self._budget.take(min(_MOST, len(ids)), 1, self._price)
            batch, ids = ids[: charge.count], ids[charge.count :]
            yield self._checked(batch, charge)

    def _checked(self, batch: Sequence[str], charge: Charge) -> Checked:
        body = self._budget.spend(self._api, charge, lambda: self._api.posts(batch))
        given = body.get("data")
        read = len(given) if isinstance(given, list) else 0
        # What was asked about counts as checked whether X gave it or not: it needs no reserve any more.
        self._budget.settle(charge, {MONEY: read * self._price.money, POSTS: read, RECHECKED: len(batch)})
        still, lost = there(body, batch), gone(body, batch)
        return Checked(tuple(one for one in batch if one in still), tuple(one for one in batch if one in lost - still))
