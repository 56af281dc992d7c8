"""What one hour of a brand's series says: every measure against its own last 28 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil

import numpy as np

from listener.core.alert_ports import HourlySeries
from listener.core.spikes import Measure
from listener.spikes.baseline import LONGEST
from listener.spikes.detect import HOUR, Verdict, judge_newest, judge_share

COUNTED = (Measure.VOLUME, Measure.NEGATIVE, Measure.AUTHORS)


def judged_hour(series: HourlySeries, at: datetime) -> Mapping[Measure, Verdict]:
    """The verdicts on the hour that ended ``at``, a whole hour within the series.

    Hours without anything fresh hold nothing that could be too much. The newest hours are judged whether or not all sources were
    heard in them: too much of what was heard is too much; as a baseline for later ones they do not serve then. What was said
    before the brand was listened to counts for nothing.
    """
    end = round((at - series.first) / HOUR)
    begun = 0 if series.since is None else min(max(ceil((series.since - series.first) / HOUR), 0), end)
    counts = np.array([series.mentions[:end], series.negative[:end], series.authors[:end]], dtype=np.float64)
    newest = slice(max(end - LONGEST, 0), end)
    counts[:, newest] *= np.array(series.fresh[newest], dtype=np.float64) > 0
    counts[:, :begun] = 0
    usable = np.array(series.heard[:end], dtype=bool)
    usable[:begun] = False
    usable[newest] = True
    found = judge_newest(counts, HOUR, usable=usable, first=series.first)
    return {
        **dict(zip(COUNTED, found, strict=True)),
        Measure.SHARE: judge_share(counts[1], counts[0], usable, HOUR),
    }
