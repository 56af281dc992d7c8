"""Recognising our own side: employees, partners and agencies, and the brand's own accounts, blogs and domains."""

from __future__ import annotations

from dataclasses import replace

from listener.core.brand import Evidence, OwnSide
from listener.core.mention import normal_handle, normal_text
from listener.core.people import MatchJob, Reason
from nlp.identity.clues import author_clues
from nlp.identity.domains import host_of
from nlp.identity.keys import normal_email
from nlp.identity.profiles import platform_name

_CERTAIN = 20.0
"""Our own configuration says so."""


def why_own(job: MatchJob, own: OwnSide) -> Reason | None:
    """Why the author is one of us, or ``None``.

    A named author on our own site is not one of us for that alone: customers comment there. A link to our site is no sign
    either: whoever likes us links to us.
    """
    author = job.author
    if author.email and _own_mail(author.email, own):
        return Reason("an e-mail address of our own side", _CERTAIN, Evidence.EMAIL)
    if _own_account(job, own):
        return Reason("an account of our own side", _CERTAIN, Evidence.HANDLE)
    if job.author.handle and platform_name(job.platform) == "blog" and _inside(job.author.handle, own):
        return Reason("writes as one of our own sites", _CERTAIN, Evidence.HANDLE)
    on_our_site = _inside(job.origin, own)
    if on_our_site and not job.named:
        return Reason("a post of our own site without an author", _CERTAIN, Evidence.LINK)
    name = normal_text(author.display_name or "")
    if name and name in own.names and (on_our_site or _nothing_else(job) or _inside(author.profile_url or "", own)):
        return Reason("a name of our own side", _CERTAIN, Evidence.NAME)
    return None


def _own_mail(email: str, own: OwnSide) -> bool:
    address = email.strip().casefold()
    known = {normal_email(each) for each in own.emails}
    return address in own.emails or (normal_email(address) or "") in known or _inside(address.rpartition("@")[2], own)


def _own_account(job: MatchJob, own: OwnSide) -> bool:
    """The author's own account: that of the post, or the one that the address of the profile names; no mere links."""
    if not own.accounts:
        return False
    ours = {f"h:{platform_name(platform)}:{normal_handle(handle)}" for platform, handle in own.accounts}
    clues = author_clues(replace(job.author, links=()), job.platform, job.origin)
    return any(clue.key in ours for clue in clues)


def _inside(address: str, own: OwnSide) -> bool:
    """Whether an address is on one of our domains, or below it."""
    host = host_of(address)
    return host is not None and any(host == domain or host.endswith(f".{domain}") for domain in own.domains)


def _nothing_else(job: MatchJob) -> bool:
    """Whether the display name is all that is known of the author."""
    author = job.author
    return not (author.service_id or author.handle or author.email or author.profile_url or author.links)
