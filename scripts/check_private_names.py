"""Find private names of libraries outside of `plumbing/`: a library changes them without notice.

A name that begins with one underscore is private, and so is what a module named `internal` has. It is our own where
the same file defines it: as a function, a class, a variable, or in an `__init__`. What is called of `super()` is not.

    python -m scripts.check_private_names
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "api", "audit", "desktops", "eds_console", "images", "operations", "regions", "ui")
# These move to plumbing/ by a change of their own.
NOT_YET = ("eds_console/worker.py", "eds_console/sqlite/base.py")
# Django documents the first four, Python those of named tuples.
DOCUMENTED = {"_meta", "_state", "_base_manager", "_default_manager", "_asdict", "_fields", "_make", "_replace"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_" and name not in DOCUMENTED


def defined(tree: ast.AST) -> set[str]:
    """Names that the file gives to functions, classes and variables, and in `__init__` to attributes of `self`."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            if node.name == "__init__":
                names |= {inner.attr for inner in ast.walk(node) if _is_set_on_self(inner)}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def foreign(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the name of each use of a private name that the file does not define."""
    own = defined(tree)
    for node in ast.walk(tree):
        is_inherited = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "super()"
        for name in _used(node):
            is_foreign = is_inherited or name not in own
            if is_foreign and any(is_private(part) or part == "internal" for part in name.split(".")):
                yield getattr(node, "lineno", 0), name


def _used(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "setattr", "hasattr"}:
        yield from (str(name.value) for name in node.args[1:2] if isinstance(name, ast.Constant))


def _is_set_on_self(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"


def main() -> int:
    found = 0
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            where = str(path.relative_to(ROOT))
            for line, name in [] if where in NOT_YET else foreign(ast.parse(path.read_text())):
                found += 1
                print(  # noqa: T201
                    f"{where}:{line}: {name} is private. Use what its library documents, or write an"
                    " adapter in plumbing/."
                )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
