"""The arrows of the house: who may import whom, and how the packages are laid out."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOM_NAMES = ("geo", "coverage", "data", "maps", "services")
MAY_IMPORT = {
    "geo": set(),
    "coverage": {"geo"},
    "data": {"geo", "coverage.model"},
    "maps": {"coverage", "geo"},
    "services": {"maps", "data", "coverage", "geo"},
}
FORBIDDEN_IN_COVERAGE = {
    "io",
    "os",
    "pathlib",
    "socket",
    "sqlalchemy",
    "requests",
    "urllib",
    "sqlite3",
    "time",
    "fastapi",
    "pyogrio",
    "fsspec",
}
NUMBA_ROOMS = ("geo/resolve.py", "coverage/radio/")


def modules(root: Path, room: str) -> list[Path]:
    return sorted((root / room).rglob("*.py"))


def imported(path: Path, root: Path) -> set[str]:
    """Full names of everything that a module imports; relative ones from the package's root."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - (node.level - 1)]
                start = ".".join((*base, *(node.module.split(".") if node.module else ())))
            else:
                start = node.module or ""
            names |= {f"{start}.{alias.name}" if start else alias.name for alias in node.names}
    return {name.removeprefix("stadtnetz.") for name in names}


@pytest.mark.parametrize("room", ROOM_NAMES)
def test_rooms_import_only_along_the_arrows(root: Path, room: str) -> None:
    wrong = []
    for path in modules(root, room):
        for name in imported(path, root):
            other = name.split(".")[0]
            if other not in ROOM_NAMES or other == room:
                continue
            allowed = MAY_IMPORT[room]
            if other not in allowed and ".".join(name.split(".")[:2]) not in allowed:
                wrong.append(f"{path.relative_to(root)} imports {name}")
    assert wrong == []


def test_coverage_does_no_input_or_output(root: Path) -> None:
    wrong = [
        f"{path.relative_to(root)} imports {name}"
        for path in modules(root, "coverage")
        for name in imported(path, root)
        if name.split(".")[0] in FORBIDDEN_IN_COVERAGE
    ]
    assert wrong == []


def test_numba_stays_in_its_rooms(root: Path) -> None:
    users = {
        path.relative_to(root).as_posix()
        for room in ROOM_NAMES
        for path in modules(root, room)
        if any(name.split(".")[0] == "numba" for name in imported(path, root))
    }
    assert users
    assert all(user.startswith(NUMBA_ROOMS) for user in users)


def test_packages_are_listed_and_laid_out(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(root) for room in ROOM_NAMES for path in modules(root, room)}
    found = {".".join(("stadtnetz", *folder.parts)) for folder in folders} | {"stadtnetz"}
    assert found == listed
    assert not (root / "coverage" / "__init__.py").exists()
    for folder in folders - {Path("coverage")}:
        assert (root / folder / "__init__.py").exists(), folder
    assert [path.name for path in root.glob("*.py")] == ["__init__.py"]


def test_coverage_py_is_a_runtime_dependency(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any(entry.startswith("coverage") for entry in project["dependencies"])


def test_no_code_knows_the_first_city(root: Path) -> None:
    wrong = [
        path.relative_to(root).as_posix()
        for room in ROOM_NAMES
        for path in modules(root, room)
        if "düsseldorf" in path.read_text(encoding="utf-8").lower()
    ]
    assert wrong == []
