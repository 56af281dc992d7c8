"""The naive script that listener is measured against: feedparser, vaderSentiment and sqlite3, a commit per feed.

python benchmarks/naive.py BASE_URL FEEDS DATABASE
"""

from __future__ import annotations

import html
import re
import sqlite3
import sys
import urllib.request

import feedparser
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

_TAG = re.compile(r"<[^>]+>")


def main(base: str, feeds: int, path: str) -> None:
    database = sqlite3.connect(path)
    database.execute("create table if not exists mentions (id text primary key, author text, text text, score real)")
    analyzer = SentimentIntensityAnalyzer()
    for number in range(feeds):
        address = f"{base}/{number}.xml"
        with urllib.request.urlopen(address, timeout=30) as answer:
            feed = feedparser.parse(answer.read())
        for entry in feed.entries:
            text = html.unescape(_TAG.sub(" ", entry.get("summary", "")))
            score = analyzer.polarity_scores(text)["compound"]
            database.execute(
                "insert or ignore into mentions values (?, ?, ?, ?)", (f"{address}#{entry.id}", entry.get("author"), text, score)
            )
        database.commit()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
