"""A folder with a brand, one file of posts and a CRM export, and the commands that work on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.commands import Ended, call

CONFIG = """
[[brands]]
name = "Quillon"

[[sources]]
name = "export"
kind = "file"
path = "posts.jsonl"

[customers]
file = "crm.csv"

[nlp]
engine = "vader"
"""


LIKED = "Quillon is great, we love it."


@dataclass(frozen=True)
class Folder:
    """The command, in a folder with a configuration, on the database at ``url``."""

    folder: Path
    url: str

    def __call__(self, *arguments: object) -> Ended:
        return call(*arguments, folder=self.folder, env={"LISTENER_STORAGE__URL": self.url})

    def lines(self, *arguments: object) -> list[Any]:
        ended = self(*arguments, "--json")
        assert ended.status == 0, ended.said
        return ended.lines

    def only(self, *arguments: object) -> Any:
        (line,) = self.lines(*arguments)
        return line

    def says(self, number: int, author: dict[str, Any], text: str = LIKED, *, platform: str = "forum") -> None:
        """A post of so many hours ago."""
        post = {"platform": platform, "external_id": str(number), "text": text, "author": author, "language": "en"}
        said_at = datetime.now(UTC) - timedelta(hours=number)
        with (self.folder / "posts.jsonl").open("a") as file:
            file.write(json.dumps({**post, "published_at": said_at.isoformat()}) + "\n")
