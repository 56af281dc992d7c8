"""A container without an engine: an image's files, its settings, and the limits under which it promises to work.

Needs root, buildah and util-linux. The root file system is mounted read-only; ``/data`` is a folder of the caller's, ``/tmp`` is
in memory; the command is process 1 of a process namespace, as an engine has it, under the image's user or another.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["BUILDAH_ISOLATION"] = "chroot"

_ENTER = """
set -e
root=$1 data=$2 user=$3 folder=$4; shift 4
mount --bind "$root" "$root"
mount --rbind "$data" "$root/data"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for one in null zero random urandom; do touch "$root/dev/$one"; mount --bind "/dev/$one" "$root/dev/$one"; done
mount -t proc proc "$root/proc"
mount -o remount,ro,bind "$root"
mount -o remount,ro "$root/dev"
for pair in $BOX_MOUNTS; do mount --bind "${pair%%=*}" "$root${pair#*=}"; done
cd /
exec chroot --userspec="$user" --groups= "$root" /usr/bin/env --ignore-environment --chdir="$folder" "$@"
"""


def buildah(*arguments: str) -> str:
    return subprocess.run(["buildah", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left: exit status and both streams."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True)
class Box:
    """An image, mounted, and a folder for ``/data``."""

    image: str
    root: Path
    config: Mapping[str, Any]
    data: Path
    mounts: dict[Path, str] = field(default_factory=dict)
    """Files and folders of this machine, and where they stand inside; the place must exist in the image."""

    def start(
        self, command: Sequence[str], *, user: str | None = None, env: Mapping[str, str] | None = None, stdin: int | None = None
    ) -> subprocess.Popen[str]:
        """The command as process 1, with the image's environment and ``env``."""
        who = user or self.config["User"]
        numbers = who if ":" in who else f"{who}:0"  # as engines have it: a user without an entry gets group 0
        settings = {**dict(pair.split("=", 1) for pair in self.config["Env"]), **(env or {})}
        enter = [_ENTER, "box", str(self.root), str(self.data), numbers, self.config["WorkingDir"] or "/"]
        return subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash", "-c", *enter]
            + [f"{name}={value}" for name, value in settings.items()]
            + list(command),
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "BOX_MOUNTS": " ".join(f"{here}={inside}" for here, inside in self.mounts.items())},
        )

    def run(
        self,
        *command: str,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> Ended:
        process = self.start(command, user=user, env=env)
        out, err = process.communicate(timeout=timeout)
        return Ended(process.returncode, out, err)

    def listener(self, words: str, **more: Any) -> Ended:
        """The entry point with the words of a command line."""
        return self.run(*self.config["Entrypoint"], *shlex.split(words), **more)


def first_process(process: subprocess.Popen[str]) -> int:
    """The id, on this machine, of the process that is number 1 inside."""
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
    return int(child)


@contextmanager
def box(image: str, data: Path, user: int = 10001) -> Iterator[Box]:
    """The image with ``/data`` in ``data`` (made here, owned by ``user``)."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.chown(data, user, user)
    config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    container = buildah("from", "--pull-never", image)
    try:
        yield Box(image, Path(buildah("mount", container)), config, data)
    finally:
        buildah("umount", container)
        buildah("rm", container)
