"""The import contracts of pyproject.toml: each one is broken on purpose in a copy of the package, and must report it.

The floors come from the table in ARCHITECTURE.md, so that the drawing and the contract cannot part.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import BOUND_S

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["name"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}


def floors() -> list[list[str]]:
    """Return the rooms of each floor, from the lowest up."""
    found: dict[int, list[str]] = {}
    for floor, rooms in re.findall(r"(?m)^\| (\d+) \| (.+?) \| ", (ROOT / "ARCHITECTURE.md").read_text()):
        found.setdefault(int(floor), []).extend(re.findall(r"`(\w+)(?:/|\.py)`", rooms))
    return [found[floor] for floor in sorted(found)]


ROOMS = [room for rooms in floors() for room in rooms]
ABOVE = [(room, one) for lower, higher in zip(floors(), floors()[1:], strict=False) for room in lower for one in higher]
BESIDE = [(room, one) for rooms in floors() for room in rooms for one in rooms if one != room]
SHUT = [(room, one) for room, one in ABOVE + BESIDE if (ROOT / "plugin_gateway" / room).is_dir()]
"""Pairs of rooms: the first must not import the second, which is on the next floor or on the same one. A module can be planted only in a package."""
INSIDE = {
    (f"{room}.{one}", f"{room}.{other}")
    for contract in CONTRACTS.values()
    if contract["type"] == "layers"
    for room in (container.removeprefix("plugin_gateway.") for container in contract["containers"])
    if room in ROOMS
    for layers in [[layer.split(" | ") for layer in contract["layers"]]]
    for above, layer in zip([[], *layers], layers, strict=False)
    for one in layer
    for other in {*above, *layer} - {one}
    if (ROOT / "plugin_gateway" / room / one).is_dir()
}
"""The same for rooms inside a room that has a contract for its layers."""
TALKS = "the half of a room that decides does not know the half that talks"
CLOSED = (
    "concurrent", "_multiprocessing", "multiprocessing", "_posixsubprocess", "pty", "subprocess", "webbrowser",
    "_asyncio", "_ctypes", "_queue", "_signal", "_socket", "_ssl", "_thread", "ctypes", "ftplib", "imaplib", "poplib",
    "sched", "selectors", "smtplib", "socketserver", "wsgiref", "xmlrpc",
)  # fmt: skip
NEW_MODULE_MAY = {
    "ahocorasick_rs": set(),
    "asyncio": {"proxy.fronts", "reload", "server"},
    "socket": {"proxy.fronts", "server"},
    "select": {"proxy.fronts", "server"},
    "ssl": set(),
    "threading": set(),
    "queue": set(),
    "signal": {"server"},
    **{name: set() for name in CLOSED},
    "backports": set(),
    "brotli": set(),
    "compression": set(),
    "click": {"cli"},
    "httpx2": set(),
    "jsonpath": set(),
    "jsonschema_rs": set(),
    "jwt": set(),
    "google": set(),
    "opentelemetry": set(),
    "orjson": {"cli", "mcp"},
    "prometheus_client": set(),
    "redis": set(),
    "starlette": {"console", "endpoints"},
    "uvicorn": {"proxy.fronts", "server"},
    "uvloop": {"server"},
    "watchfiles": set(),
    "yaml": set(),
}
"""Rooms in which a module that no contract names may import a library. All others are closed to it."""
NEITHER_TALKS_NOR_WAITS = {
    "__future__", "array", "ast", "base64", "binascii", "bisect", "codecs", "collections", "contextlib", "contextvars",
    "copy", "dataclasses", "datetime", "decimal", "difflib", "email", "enum", "errno", "fcntl", "functools", "gc",
    "gzip", "hashlib", "heapq", "hmac", "html", "http", "importlib", "inspect", "io", "ipaddress", "itertools", "json",
    "logging", "math", "mmap", "os", "pathlib", "pickle", "platform", "posixpath", "random", "re", "resource",
    "secrets", "shlex", "shutil", "stat", "string", "struct", "sys", "tempfile", "time", "traceback", "types", "typing",
    "unicodedata", "urllib", "uuid", "xml", "zipfile", "zlib",
}  # fmt: skip
"""What the package imports of the standard library besides the modules in contracts. ruff bans the parts of these that talk."""
BANNED = PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
HALF_THAT_TALKS = {"app", "endpoints", "proxy", "proxy.fronts", "server"}
"""Rooms in which a new module may import what talks in `admission/`, `callers/` and `credentials/`."""


def run(folder: Path, *arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )


@pytest.fixture(scope="module")
def copy_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Make a copy of the package with some files more, by path."""
    pytest.importorskip("importlinter")

    def make(files: dict[str, str]) -> Path:
        folder = tmp_path_factory.mktemp("copy")
        shutil.copytree(
            ROOT / "plugin_gateway", folder / "plugin_gateway", ignore=lambda _, names: {"__pycache__"} & {*names}
        )
        shutil.copy(ROOT / "pyproject.toml", folder)
        for path, text in files.items():
            (folder / "plugin_gateway" / path).parent.mkdir(exist_ok=True)
            (folder / "plugin_gateway" / path).write_text(text)
        return folder

    return make


def packages() -> list[str]:
    return [*(room for room in ROOMS if (ROOT / "plugin_gateway" / room).is_dir()), "proxy.fronts"]


@pytest.fixture(scope="module")
def breaches(copy_of: Callable[..., Any]) -> str:
    """Plant one new module in each room, which imports each library, each module that is closed to most, each room above and beside; lint once."""
    protected = {name for contract in CONTRACTS.values() for name in contract.get("protected_modules", ())}
    closed = sorted(name for name in protected if name.startswith("plugin_gateway."))
    files = {}
    for package in packages():
        lines = [f"import {library}" for library in NEW_MODULE_MAY]
        others = [other for room, other in SHUT if room == package]
        lines += [f"import {name}" for name in (*closed, *(f"plugin_gateway.{other}" for other in others))]
        files[f"{package.replace('.', '/')}/planted.py"] = "\n".join(lines) + "\n"
    for package in {one for one, _ in INSIDE}:
        lines = [f"import plugin_gateway.{other}" for room, other in sorted(INSIDE) if room == package]
        files[f"{package.replace('.', '/')}/planted.py"] = "\n".join(lines) + "\n"
    files["attic/__init__.py"] = ""
    result = run(copy_of(files))
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


def test_the_package_as_it_is_keeps_every_contract(copy_of: Callable[..., Any]) -> None:
    result = run(copy_of({}))
    assert result.returncode == 0, result.stdout
    assert re.findall(r"(?m)^(.+) KEPT", result.stdout) == [*CONTRACTS]


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_contract_is_broken_by_the_import_planted_against_it(breaches: str, name: str) -> None:
    assert f"{name} BROKEN" in breaches


@pytest.mark.parametrize("library", NEW_MODULE_MAY)
def test_a_new_module_may_not_import_a_library_outside_its_door(breaches: str, library: str) -> None:
    reported = {*re.findall(rf"(?m)^- +plugin_gateway\.([\w.]+)\.planted -> {library} \(", breaches)}
    assert reported == {*packages()} - NEW_MODULE_MAY[library]


def test_a_new_module_may_not_import_modules_that_talk(breaches: str) -> None:
    for name in CONTRACTS[TALKS]["protected_modules"]:
        reported = {*re.findall(rf"(?m)^- plugin_gateway\.([\w.]+)\.planted -> {re.escape(name)} \(l", breaches)}
        assert {*packages()} - HALF_THAT_TALKS <= reported, name


@pytest.mark.parametrize(("room", "other"), [*SHUT, *sorted(INSIDE)])
def test_a_room_may_not_import_a_room_above_it_or_beside_it(breaches: str, room: str, other: str) -> None:
    assert re.search(rf"(?m)^- plugin_gateway\.{room}\.planted -> plugin_gateway\.{other}\b", breaches)


def test_a_new_room_must_be_given_a_floor(breaches: str) -> None:
    assert re.search(r"(?m)^- plugin_gateway\.attic$", breaches)


def test_the_drawing_has_the_floors_of_the_contract() -> None:
    layers = CONTRACTS["imports go down one staircase"]["layers"]
    assert [{*layer.split(" | ")} for layer in layers] == [{*rooms} for rooms in reversed(floors())]


def test_each_library_that_the_package_imports_has_a_door_or_only_computes() -> None:
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("plugin_gateway", include_external_packages=True, cache_dir=None)
    outside = {name for name in graph.modules if graph.is_module_squashed(name)}
    protected = {name for contract in CONTRACTS.values() for name in contract.get("protected_modules", ())}
    forbidden = {name for contract in CONTRACTS.values() for name in contract.get("forbidden_modules", ())}
    assert outside - protected - sys.stdlib_module_names == {"msgspec"}
    assert (outside & sys.stdlib_module_names) - protected - forbidden == NEITHER_TALKS_NOR_WAITS


@pytest.mark.parametrize("name", BANNED)
def test_a_module_may_not_import_a_part_of_a_package_that_talks(name: str) -> None:
    package, _, part = name.partition(".")
    options = ["--no-cache", "--select=TID251", "--output-format=concise"]
    place = ROOT / "plugin_gateway" / "gate" / "planted.py"
    result = subprocess.run(
        [str(Path(sys.executable).with_name("ruff")), "check", *options, f"--stdin-filename={place}", "-"],
        input=f"import {name}\nfrom {package} import {part}\nfrom {name} import *\n",
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert [line.split(":")[1] for line in result.stdout.splitlines() if "TID251" in line] == ["1", "2", "3"]


def test_only_its_doors_use_msgspec_for_more_than_values() -> None:
    row = re.search(r"(?m)^\| msgspec \| (.+?) \|", (ROOT / "ARCHITECTURE.md").read_text())
    assert row
    doors = {*re.findall(r"`([\w/]+\.py)`", row[1])}
    users = {
        str(path.relative_to(ROOT / "plugin_gateway"))
        for path in (ROOT / "plugin_gateway").rglob("*.py")
        if re.search(
            r"(?m)^ *(import msgspec|from msgspec\S* import (?!(Struct|StructMeta|Meta|NODEFAULT|FieldInfo|field|fields|structs|asdict|replace)\b))",
            path.read_text(),
        )
    }
    assert users == doors
