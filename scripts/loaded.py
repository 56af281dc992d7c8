"""Everything that the product loads, loaded in this process, and byte code made of it.

python scripts/loaded.py compile     in the image: byte code of what is loaded, and of nothing else
python scripts/loaded.py list        the files of it, one a line (for the test of what slim.py takes out)

Imports stand in functions where a library is heavy, so to import our modules is not enough: what their functions import is
read from their source, and what libraries load only when they work (spaCy, the network, the databases) is put to work once.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import py_compile
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

OURS = ("listener", "connectors", "nlp", "storage", "config")
NOT_SHIPPED_FOR = ("nlp.training", "storage.migrations.env")
"""A developer's tool, and a script that runs inside Alembic only."""
EXTRAS = ("apprise", "hubspot", "simple_salesforce", "splink")
"""What functions import if it is there; the image has no extra."""

_opened: set[str] = set()


def our_modules() -> Iterator[str]:
    for package in OURS:
        yield package
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
            if not found.name.startswith(NOT_SHIPPED_FOR) and not found.name.endswith("__main__"):
                yield found.name


def imports_of(source: str) -> Iterator[str]:
    """The absolute imports anywhere in a module's source, functions included; ``from a import b`` may mean a module ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _import(name: str) -> None:
    """A module by its dotted name; a name that is no module (a class, say) is passed over, and so is what the image lacks."""
    top = name.partition(".")[0]
    if name in sys.modules or top in EXTRAS or find_spec(top) is None:
        return
    holder, _, last = name.rpartition(".")
    if holder and hasattr(sys.modules.get(holder), last):
        return
    importlib.import_module(name)


def load() -> None:
    """Import our modules, what their functions import, and what libraries load at work."""
    names = list(our_modules())
    for name in names:
        importlib.import_module(name)
    sources = [Path(file) for name in names if (file := getattr(sys.modules[name], "__file__", None))]
    from nlp.sentences import english

    english()("One sentence. Another one.")  # before the imports from spaCy, which are made after this one
    for source in sources:
        for name in imports_of(source.read_text(encoding="utf-8")):
            _import(name)
    _work()


def _work() -> None:
    from sqlalchemy import create_engine

    from nlp.engines import load_engine
    from nlp.language import identify

    identify("Das ist kein Englisch, und es wird erkannt.")
    for engine in ("vader", "target"):
        load_engine(engine, fallback=True).score_many([("Quillon is great.", "Quillon")])
    create_engine("sqlite://").connect().close()
    create_engine("postgresql+psycopg://nobody@127.0.0.1/none")
    for name in ("alembic.ddl.postgresql", "alembic.ddl.sqlite", "rich.progress", "trafilatura", "vl_convert"):
        importlib.import_module(name)


def loaded_files() -> set[Path]:
    """The files of the modules that are loaded, and whatever was opened since ``watch``."""
    files = {file for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    return {Path(file).resolve() for file in files | _opened}


def watch() -> None:
    """From now on keep the names of files that are opened, by Python or mapped by the loader of shared objects."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            _opened.add(arguments[0])

    sys.addaudithook(hook)


def _mapped() -> Iterator[str]:
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        path = line.split(maxsplit=5)[5:]
        if path and path[0].startswith("/"):
            yield path[0]


def compile_loaded() -> int:
    """Byte code beside each loaded source of the product and its libraries; how many.

    It is not compared with its source: copies of an image may set other times on the files, and nobody changes them.
    """
    sources = sorted(path for path in loaded_files() if path.suffix == ".py" and "site-packages" in path.parts)
    for path in sources:
        py_compile.compile(str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return len(sources)


def main() -> None:
    sys.dont_write_bytecode = True
    watch()
    load()
    _opened.update(_mapped())
    if sys.argv[1:] == ["compile"]:
        print(f"byte code of {compile_loaded()} modules")
    else:
        print("\n".join(sorted(map(str, loaded_files()))))


if __name__ == "__main__":
    main()
