"""Alerts: what is told at once, to whom, and when it is told again.

    case events, stories, spikes, incidents of sources ──rules──> drafts ──plan──> alerts and messages, kept in one transaction

``people``, ``stories`` and ``spikes`` are the rules and their words, ``plan`` the limits and recipients, ``messages`` what is
sent, all of them pure; ``listener.alerting`` puts them together.
"""
