"""The image at work, as its operator meets it: each function tries one side of it and adds lines to the table."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from image_box import Box, box, first_process
from image_compose import database, service
from image_site import site
from image_table import Table

HERE = Path(__file__).resolve().parent.parent
START_SECONDS = 3.0
END_SECONDS = 10.0
OTHER_USER = 12345
DEMO = "--config /data/demo/listener.toml"
SITE = "/opt/listener/lib/python3.11/site-packages"
_PEOPLE = '{"author_id": "1", "name": "Sofie Zandbergen", "platform": "mastodon", "handle": "sofiez"}\n'
_TEXTS = '{"id": "1", "text": "I love Quillon.", "target": "Quillon"}\n'
_BRAND = '[[brands]]\nname = "Quillon"\n'
_DEAD = """
[[sources]]
name = "dead"
kind = "rss"
url = "http://127.0.0.1:9/feed.xml"
private = true
"""
_HOOKS = """
[[notifiers]]
name = "hook"
kind = "webhook"
private = true

[[notifiers]]
name = "chat"
kind = "slack"
private = true
"""
_LOADS = """
import sys
sys.path.insert(0, "/tmp")
from connectors._registry import load_problems, load_specs
from listener.notifiers import _BUILDERS
import config, importlib, listener.notify, pkgutil
for found in pkgutil.iter_modules(listener.notify.__path__, "listener.notify."):
    importlib.import_module(found.name)
from jinja2 import Environment, PackageLoader
names = Environment(loader=PackageLoader("listener.render")).list_templates()
print(len(load_specs()), len(load_problems()), len(_BUILDERS), len(names))
"""


def commands(table: Table, one: Box) -> None:
    """Everything that could miss a file: each in a read-only root, with nothing but ``/data`` and ``/tmp`` to write to."""
    table.ended("read-only root: cannot be written", one.run("sh", "-c", "touch /opt/x /x 2>/dev/null || exit 7", user="0:0"), 7)
    table.ended("run without a configuration", one.listener("run"), 2, "listener.toml")
    table.ended("an unknown option", one.listener("run --nonsense"), 2)
    table.ended("demo", one.listener("demo /data/demo"))
    (one.data / "texts.jsonl").write_text(_TEXTS, encoding="utf-8")
    (one.data / "people.jsonl").write_text(_PEOPLE, encoding="utf-8")
    _start_time(table, one)
    table.ended("check", one.listener(f"check {DEMO}"))
    for words in (
        "sources",
        "cases --json",
        "mentions sword",
        "identities",
        "digest --format html",
        "recompute --preview",
        "db status",
        "alerts list",
    ):
        table.ended(words, one.listener(f"{words} {DEMO}"))
    weekly = one.listener(f"digest --weekly --format html {DEMO}")
    table.ended("digest --weekly, with charts", weekly, 0, "<svg")
    table.ended("match", one.listener(f"match --customers /data/demo/customers.csv /data/people.jsonl {DEMO}"), 0, '"author_id"')
    table.ended(
        "analyze --engine vader", one.listener(f"analyze --engine vader /data/texts.jsonl {DEMO}"), 0, '"engine": "vader"'
    )
    (one.data / "counts.csv").write_text(_counts(), encoding="utf-8")
    table.ended("spikes", one.listener("spikes /data/counts.csv"))
    loads = one.run("/opt/listener/bin/python", "-c", _LOADS)
    table.equal(
        "connectors, problems, kinds of notifiers, templates", ["15", "0", "8", "7"], loads.out.split() or loads.err[-300:]
    )


def _start_time(table: Table, one: Box) -> None:
    """Processor time, which other work on the machine does not change, from the start to the first line of a run."""
    began = time.monotonic()
    process = one.start([*one.config["Entrypoint"], "run", *DEMO.split(), "--verbose"])
    first = _first(process.stderr)
    took, used = time.monotonic() - began, _processor_seconds(first_process(process))
    process.communicate(timeout=300)
    found = f"{used:.1f} s of processor time, {took:.1f} s by the clock: {first.strip()[:60]}"
    table.line("start to the first line of run", bool(first) and used <= START_SECONDS, found)
    table.equal("the run's exit status", 0, process.returncode)


def _processor_seconds(process: int) -> float:
    """Used so far by a process and by the children that it waited for."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _counts() -> str:
    rows = [f"2026-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00+00:00,{90 if hour == 600 else hour % 5}" for hour in range(720)]
    return "timestamp,value\n" + "\n".join(rows) + "\n"


def _first(stream: IO[str] | None) -> str:
    """The first line of what a process says."""
    return stream.readline() if stream else ""


def health(table: Table, one: Box) -> None:
    command = one.config["Healthcheck"]["Test"][1:]
    for name, source, status, what in (("dead", _DEAD, 1, "where every source fails"), ("well", None, 0, "that hears a feed")):
        with site() as world:
            config = one.data / f"{name}.toml"
            storage = f'\n[storage]\nurl = "sqlite:////data/{name}.db"\n'
            config.write_text(_BRAND + storage + (source or world.source), encoding="utf-8")
            table.ended(f"a run {what}", one.listener(f"run --config /data/{name}.toml"), status)
            table.ended(
                f"health command after a run {what}", one.run(*command, env={"LISTENER_CONFIG": f"/data/{name}.toml"}), status
            )


def model(table: Table, one: Box, without: Box) -> None:
    print("---- the two, side by side", flush=True)
    words = f"analyze --engine target /data/texts.jsonl {DEMO}"
    table.ended("analyze --engine target", one.listener(words), 0, '"engine": "target"')
    table.ended("MODEL=no: analyze --engine target says what to do", without.listener(words), 1, "vader")
    shown = without.listener(f"mentions show 1 --json {DEMO}")
    table.ended("MODEL=no: results say that vader made them", shown, 0, '"engine": "vader"')
    checked = without.listener(f"check {DEMO}")
    table.ended("MODEL=no: check says that vader stands in", checked, checked.status, "vader")
    table.equal(
        "MODEL=no: nothing of the model, its notice included",
        [],
        [str(path) for path in (without.root / SITE[1:] / "nlp/models").rglob("*") if path.is_file()],
    )


def signals(table: Table, one: Box) -> None:
    process = one.start([*one.config["Entrypoint"], "serve", *DEMO.split()])
    table.line("serve begins", "Serving" in (first := _first(process.stdout)), first.strip()[:60])
    _stopped(table, "serve told to end (SIGTERM to process 1)", process, 0)
    process = one.start([*one.config["Entrypoint"], "analyze", *DEMO.split()], stdin=subprocess.PIPE)
    time.sleep(3)  # it reads its input by now; nothing else can be seen from outside
    _stopped(table, "another command told to end", process, 143)


def home(table: Table, one: Box) -> None:
    """What libraries keep in the user's home by themselves: caches, and ids by which they report."""
    table.equal("nothing in /data that nobody asked for", [], [path.name for path in one.data.glob(".*")])


def _stopped(table: Table, what: str, process: subprocess.Popen[str], status: int) -> None:
    start = time.monotonic()
    subprocess.run(["kill", f"-{signal.SIGTERM}", str(first_process(process))], check=True)
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    took = time.monotonic() - start
    table.line(
        what,
        process.returncode == status and took <= END_SECONDS,
        f"exit {process.returncode} (expected {status}) after {took:.1f} s",
    )


def users(table: Table, image: str, folder: Path) -> None:
    """A volume of its own as the image has it, and any other user with a folder that is theirs."""
    with box(image, folder / "other", OTHER_USER) as one:
        volume = (one.root / "data").stat()
        table.equal("a new volume belongs to the user", (10001, 10001), (volume.st_uid, volume.st_gid))
        table.ended("another user: demo", one.listener("demo /data/demo", user=str(OTHER_USER)))
        owners = {path.stat().st_uid for path in one.data.rglob("*")}
        table.equal("another user: what it wrote is theirs", {OTHER_USER}, owners)
        foreign = one.listener("demo /data/more", user="23456")
        table.ended("a folder that is not writable: said, without a traceback", foreign, foreign.status or -1, "/data/more")
        table.line("the same: no traceback", "Traceback" not in foreign.err, (foreign.err.strip().splitlines() or [""])[-1][:100])


def alerts(table: Table, one: Box) -> None:
    (one.data / "tell.toml").write_text(_BRAND + _HOOKS, encoding="utf-8")
    with site() as world:
        env = {f"LISTENER_NOTIFIERS__{name}__URL": world.url + "/hook" for name in ("HOOK", "CHAT")} | {
            "LISTENER_NOTIFIERS__HOOK__SECRET": "s" * 40
        }
        table.ended("alerts test", one.listener("alerts test --config /data/tell.toml", env=env))
        table.equal("alerts test: messages that arrived", 2, len(world.posted))


def compose(table: Table, one: Box) -> None:
    """The service of compose.yaml, its command and environment, against a real PostgreSQL under the name that it expects."""
    listener = service(HERE / "compose.yaml")
    (one.data / "hosts").write_text("127.0.0.1 localhost\n127.0.0.2 database\n", encoding="utf-8")
    one.mounts[one.data / "hosts"] = "/etc/hosts"
    env: Mapping[str, str] = {**listener["environment"], "LISTENER_CONFIG": "/data/compose.toml"}
    with database(env["LISTENER_STORAGE__URL"]), site() as world:
        (one.data / "compose.toml").write_text(_BRAND + world.source, encoding="utf-8")
        ran = one.run(*one.config["Entrypoint"], "run", env=env)
        table.ended("compose: a run on PostgreSQL", ran)
        process = one.start([*one.config["Entrypoint"], *listener["command"]], env=env)
        table.line("compose: serve begins", "Serving" in (first := _first(process.stdout)), first.strip()[:60])
        table.ended("compose: its health command", one.run(*listener["healthcheck"]["test"][1:], env=env))
        _stopped(table, "compose: serve told to end", process, 0)
    one.mounts.clear()
