"""Bursts: is the newest hour of a series more than its time of day explains, and is it the same burst as an hour ago.

    counts by the hour ──baseline, negative binomial tail──> verdicts ──incidents──> opened, grew, closed

``negbin`` and ``baseline`` are the statistics, ``detect`` the rule, ``series`` reads files, ``watch`` looks at the
store.
"""
