"""On PYTHONPATH of a real command, this makes it harm itself at one point, as if from outside: ``Fault`` in ``faults.py``.

``FAULT_AT`` is ``module:Class.method|before or after|nth call|action``; instead of a number, ``with WORD`` is every call of
whose arguments one names that word. The module is the command's own and unchanged; only its
method is wrapped, once the module has been loaded. Nothing of the tests is imported.
``FAULT_MARK`` names a file for the moment at which it happened, and the seconds of the processor used by then.
"""

from __future__ import annotations

import importlib.abc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def harm(action: str) -> None:
    if mark := os.environ.get("FAULT_MARK"):
        with open(mark, "w", encoding="ascii") as file:  # noqa: PTH123 - nothing more is imported into the command
            file.write(f"{time.time()} {time.process_time()}")
    name, _, number = action.partition(":")
    if name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    elif name == "hang":
        time.sleep(3600)
    elif name == "abort":
        os.abort()
    elif name == "memory":
        raise MemoryError
    elif name == "room":
        resource.setrlimit(resource.RLIMIT_DATA, (in_use() + (int(number) << 20),) * 2)
    elif name == "errno":
        raise OSError(int(number), os.strerror(int(number)))
    else:
        raise ValueError(f"unknown action {action!r}")


def in_use() -> int:
    """Bytes of data of this process, as the limit on them counts."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - nothing more is imported into the command
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData:"))


def harming(method: Callable[..., Any], when: str, nth: str, action: str) -> Callable[..., Any]:
    calls = 0
    word = nth.removeprefix("with ") if nth.startswith("with ") else None

    def called(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        now = word in repr(args) if word else calls == int(nth)
        if now and when == "before":
            harm(action)
        result = method(*args, **named)
        if now and when == "after":
            harm(action)
        return result

    return called


class Watch(importlib.abc.MetaPathFinder):
    """Lets the others find the module, and wraps the method when it has been executed."""

    def __init__(self, at: str, when: str, nth: str, action: str) -> None:
        self.module, _, self.path = at.partition(":")
        self.how = (when, nth, action)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        others = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((found for found in others if found), None)
        if spec is not None and spec.loader is not None:
            self._wrap(spec.loader)
        return spec

    def _wrap(self, loader: Any) -> None:
        execute = loader.exec_module

        def executed(module: ModuleType) -> None:
            execute(module)
            *owners, name = self.path.split(".")
            owner: Any = module
            for each in owners:
                owner = getattr(owner, each)
            setattr(owner, name, harming(getattr(owner, name), *self.how))

        loader.exec_module = executed


if "FAULT_AT" in os.environ:
    sys.meta_path.insert(0, Watch(*os.environ["FAULT_AT"].split("|")))
