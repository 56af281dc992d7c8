"""The chain against a naive script, side by side: CPU seconds, wall seconds, peak memory; and where the time goes.

    python benchmarks/run.py [--feeds 2000] [--entries 5] [--rounds 5] [--memory 10000 50000]

The contenders take turns round by round in processes of their own; the ratio is the median of the ratios per round. CPU is
user plus system time of the process and of the workers that it started. Peak memory is the largest sum of the proportional
set sizes of a process and all its children, sampled 20 times a second.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402 - found through the line above

CONFIG = """
[[brands]]
name = "Quillon"
domains = ["quillon.example"]

[[sources]]
name = "feeds"
kind = "rss"
private = true
lookback = "60d"
urls = [
{urls}
]
"""


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float
    peak_mb: float


def measure(command: Sequence[str]) -> Cost:
    """Run a command to its end; its output is shown only where it fails."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        peak = [0.0]
        sampler = threading.Thread(target=_sample, args=(process, peak))
        sampler.start()
        code = process.wait()
        sampler.join()
        if code:
            output.seek(0)
            sys.exit(f"{' '.join(command)} ended with {code}:\n{output.read().decode()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.perf_counter() - started, peak[0])


def _sample(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_pss_mb, _family(process.pid))))
        time.sleep(0.05)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = [path for path in Path(f"/proc/{pid}/task").iterdir() if path.name != str(pid)]
        for thread in threads:  # a worker that a thread started is listed under that thread
            children += (thread / "children").read_text().split()
    except OSError:  # it has ended since
        return []
    return [pid, *(member for child in children for member in _family(int(child)))]


def _pss_mb(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass  # it has ended since: then it holds nothing
    return 0.0


def configured(folder: Path, base: str, feeds: int) -> Path:
    path = folder / "listener.toml"
    path.write_text(CONFIG.format(urls=",\n".join(f'  "{base}/{number}.xml"' for number in range(feeds))), encoding="utf-8")
    return path


def chain(config: Path) -> list[str]:
    return [str(Path(sys.executable).parent / "listener"), "run", "--config", str(config)]


def table(title: str, rows: dict[str, list[Cost]]) -> None:
    print(f"\n{title}")
    for name, costs in rows.items():
        cpu, wall, peak = (statistics.median(getattr(cost, key) for cost in costs) for key in ("cpu", "wall", "peak_mb"))
        print(f"  {name:<24} CPU {cpu:7.2f} s   wall {wall:7.2f} s   peak {peak:6.0f} MB   ({len(costs)} rounds)")
    (first, ours), (second, theirs) = list(rows.items())[:2]
    ratio = statistics.median(a.cpu / b.cpu for a, b in zip(ours, theirs, strict=True))
    print(f"  CPU {first} / {second}: {ratio:.2f} (median of the rounds)")


def compare(feeds: int, entries: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus.write(folder / "feeds", feeds, entries)
        first: dict[str, list[Cost]] = {"listener": [], "naive": []}
        again: dict[str, list[Cost]] = {"listener": [], "naive": []}
        with corpus.serve(folder / "feeds") as base:
            for number in range(rounds):
                ours = folder / f"round{number}"
                ours.mkdir()
                config, database = configured(ours, base, feeds), str(ours / "naive.db")
                naive = [sys.executable, str(HERE / "naive.py"), base, str(feeds), database]
                for rows in (first, again):
                    rows["listener"].append(measure(chain(config)))
                    rows["naive"].append(measure(naive))
        table(f"{feeds} feeds x {entries} entries, first poll", first)
        table(f"{feeds} feeds x {entries} entries, polled again with nothing changed", again)


def memory(mentions: int, entries: int = 50) -> None:
    feeds = mentions // entries
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus.write(folder / "feeds", feeds, entries)
        with corpus.serve(folder / "feeds") as base:
            cost = measure(chain(configured(folder, base, feeds)))
    print(f"  {mentions:>7} mentions: peak {cost.peak_mb:6.0f} MB, CPU {cost.cpu:7.2f} s, wall {cost.wall:7.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--entries", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, nargs="*", default=[10_000, 50_000])
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}")
    compare(chosen.feeds, chosen.entries, chosen.rounds)
    if chosen.memory:
        print("\nPeak memory, sum over processes")
    for mentions in chosen.memory:
        memory(mentions)


if __name__ == "__main__":
    main()
