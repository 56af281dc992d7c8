"""Looking for second entries of new and changed customers, a page at a time: who shares a key, and how alike they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from listener.core.crm import CustomerPair
from listener.core.people import Customer
from listener.customer_review import Conflict, ConflictKind, Review

if TYPE_CHECKING:
    from storage.store import Store

MOST = 5
"""The most pairs that are proposed because of one customer: the likeliest."""
Pair = frozenset[str]
Decided = Callable[[Collection[str]], Collection[Pair]]
Earlier = Callable[[Collection[str]], Collection[str]]


def propose_duplicates(store: Store, review: Review, now: datetime, progress: Callable[[int], None] | None = None) -> None:
    """Find and keep the pairs of all who are new or changed since the last search; one that was cut short is begun anew."""
    search = store.customer_pairs.search()
    done = 0
    for page in search.pages():
        pairs = duplicates_of(store, page, review, store.customer_pairs.decided, search.earlier)
        store.customer_pairs.propose([one.contact_id for one in page], pairs, now)
        done += len(page)
        if progress is not None:
            progress(done)
    store.customer_pairs.all_sought(now)


def duplicates_of(
    store: Store, page: Sequence[Customer], review: Review, decided: Decided, earlier: Earlier
) -> list[CustomerPair]:
    """The pairs to propose for a page of customers; these, and who contradicts whom, are noted in the review too.

    ``decided`` says of which pairs among contacts people said something already, ``earlier`` which contacts were on a page
    before this one: both are left alone.
    """
    from nlp.identity.duplicates import CAP, PROPOSED, Frequencies, compare, counted_keys, pair_keys
    from nlp.identity.duplicates import Conflict as Kind

    keys = {one.contact_id: pair_keys(one) for one in page}
    sharing = store.customers.candidates(set().union(*keys.values()), CAP)
    together = list(_together(page, keys, sharing))
    if not together:
        return []
    compared = {each.contact_id: each for pair in together for each in pair}
    seen = earlier(compared.keys() - keys.keys())
    wanted = {key for one in compared.values() for key in counted_keys(one)}
    frequencies = Frequencies(store.customers.total(), store.customers.bearers(wanted))
    likely = [
        (frozenset((one.contact_id, other.contact_id)), likeness)
        for one, other in together
        if other.contact_id not in seen
        and ((likeness := compare(one, other, frequencies)).conflict is not None or likeness.probability >= PROPOSED)
    ]
    known = decided({contact for ids, _ in likely for contact in ids}) if likely else ()
    found: list[CustomerPair] = []
    for ids, likeness in likely:
        if ids in known:
            continue
        first, second = sorted(ids)
        if likeness.conflict is not None:
            kind = ConflictKind.SAME_EMAIL if likeness.conflict is Kind.EMAIL else ConflictKind.SAME_ACCOUNT
            review.conflict(Conflict(kind, (first, second)))
        else:
            found.append(CustomerPair(first, second, round(likeness.probability, 4), likeness.evidence))
    best = _best(found, keys)
    for pair in best:
        review.pair(pair)
    return best


def _together(
    page: Sequence[Customer], keys: Mapping[str, Collection[str]], sharing: Mapping[str, Sequence[Customer]]
) -> Iterable[tuple[Customer, Customer]]:
    """Each of the page with each who shares a key with them, every pair once."""
    seen: set[Pair] = set()
    for one in page:
        for other in (other for key in sorted(keys[one.contact_id]) for other in sharing.get(key, ())):
            ids = frozenset((one.contact_id, other.contact_id))
            if len(ids) == 2 and ids not in seen:
                seen.add(ids)
                yield one, other


def _best(found: Iterable[CustomerPair], page: Collection[str]) -> list[CustomerPair]:
    """The likeliest pairs of each of the page."""
    taken: dict[str, int] = {}
    best = []
    for pair in sorted(found, key=lambda pair: (-pair.probability, pair.contact_id, pair.other_contact_id)):
        theirs = [each for each in (pair.contact_id, pair.other_contact_id) if each in page]
        if any(taken.get(each, 0) < MOST for each in theirs):
            best.append(pair)
            for each in theirs:
                taken[each] = taken.get(each, 0) + 1
    return best
