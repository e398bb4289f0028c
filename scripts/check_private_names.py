"""Find private names of libraries outside of `plumbing/`: a library changes them without notice.

A name that begins with one underscore is private, and so is what a module named `internal` has. An attribute is our
own where the code around it defines it: of `self`, `cls` or `super()` when the project defines the name, and of any
other object when the same file does.

    python -m scripts.check_private_names
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "api", "audit", "desktops", "eds_console", "images", "operations", "regions", "ui")
# Django documents the first three, Python those of named tuples.
DOCUMENTED = {"_meta", "_state", "_base_manager", "_default_manager", "_asdict", "_fields", "_make", "_replace"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_" and name not in DOCUMENTED


def defined(tree: ast.AST) -> set[str]:
    """Names that the file gives to functions, classes, variables, and attributes of `self` and `cls`."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            names.add(node.attr)
    return names


def foreign(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the name of each use of a private name that the file does not define."""
    own = defined(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            if any(part == "internal" or is_private(part) for part in (node.module or "").split(".")):
                yield node.lineno, node.module or ""
            yield from ((node.lineno, alias.name) for alias in node.names if is_private(alias.name))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if any(part == "internal" or is_private(part) for part in alias.name.split(".")):
                    yield node.lineno, alias.name
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"getattr", "setattr"}:
            for argument in node.args[1:2]:
                if isinstance(argument, ast.Constant) and is_private(str(argument.value)):
                    yield node.lineno, str(argument.value)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def main() -> int:
    found = 0
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for line, name in foreign(ast.parse(path.read_text())):
                found += 1
                print(  # noqa: T201
                    f"{path.relative_to(ROOT)}:{line}: {name} is private. Use what its library documents, or write an"
                    " adapter in plumbing/."
                )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
