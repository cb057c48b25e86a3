"""A folder: the files of one document. The gateway reads only regular files inside the folder."""

from __future__ import annotations

import os
import posixpath
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_BYTES, MAX_PARTS
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.refs import RefError
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.openapi.document import Json

STANDARD_INPUT: Final = "<stdin>"
_NOT_IN_PATHS = re.compile(r"[\\\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def screen(reference: str) -> str | None:
    """Return the reason to refuse a relative reference, or None. Looks only at its text, not at the file system."""
    path = unquote(reference)
    if _SCHEME.match(reference) or reference.startswith("//"):
        return "leads to another place: the gateway reads only files in the document's folder"
    if path.startswith("/"):
        return "is an absolute path: the gateway reads only files in the document's folder"
    if "?" in reference or _NOT_IN_PATHS.search(path):
        return "is not the relative path of a file"
    return None


class Folder:
    """The parts of a document in files. The name of a part is its path from the folder of the first part."""

    is_awaited: Final = False
    """The gateway does not wait for missing files."""
    address: Final = ""
    """Files have no URL."""

    def __init__(self, path: Path, *, on_file: Callable[[Path], object] | None = None) -> None:
        """Take the path of the first part without reading it. Calls `on_file` with each file before opening it."""
        self._on_file = on_file
        self.root = path.name
        self._folder = path.parent
        self._real_folder = os.path.realpath(path.parent)
        self._values: dict[str, Json] = {}
        self._is_inside: dict[str, bool] = {}
        self._bytes_left = MAX_BYTES

    def read_root(self) -> bytes:
        """Return the bytes of the first part. Raises `DocumentError` if it cannot be read."""
        path = self._folder / self.root
        try:
            return self._read(path)
        except FileNotFoundError:
            raise _unreadable(path, "the file does not exist", _nearest(path)) from None
        except OSError as error:
            raise _unreadable(path, error.strerror or "it cannot be read") from None
        except RefError as error:
            raise _unreadable(path, error.reason) from None

    def find(self, base: str, reference: str) -> str:
        if reason := screen(reference):
            raise RefError(reference, reason)
        part = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(reference)))
        if part not in self._is_inside:
            real = os.path.realpath(self._folder / part)
            is_above = part == ".." or part.startswith("../")
            self._is_inside[part] = not is_above and os.path.commonpath([real, self._real_folder]) == self._real_folder
        if not self._is_inside[part]:
            raise RefError(reference, "leads out of the document's folder")
        return part

    def read(self, part: str) -> Json:
        if part not in self._values:
            if len(self._values) >= MAX_PARTS:
                raise RefError(part, f"exceeds the limit of {MAX_PARTS:,} files")
            path = self._folder / part
            try:
                data = self._read(path)
            except OSError as error:
                raise RefError(part, f"cannot be read: {error.strerror}") from None
            self._values[part] = decode(data, str(path))
        return self._values[part]

    def _read(self, path: Path) -> bytes:
        if self._on_file is not None:
            self._on_file(path)
        # O_NONBLOCK, because opening a FIFO would block. Reading a device might never end, so check for a regular file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise RefError(str(path), "is not a regular file")
            data = file.read(self._bytes_left + 1)
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise RefError(str(path), f"is too large: a document may have at most {MAX_BYTES // 2**20} MiB")
        return data


class StandardInput(Folder):
    """The working directory, with standard input as its first part."""

    def __init__(self) -> None:
        super().__init__(Path(STANDARD_INPUT))

    def read_root(self) -> bytes:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise _unreadable(Path(STANDARD_INPUT), f"standard input has more than {MAX_BYTES // 1_000_000} MB")
        return data


def _unreadable(path: Path, message: str, hint: str = "") -> DocumentError:
    finding = Finding(rule="document-unreadable", message=message, hint=hint, location=Location(str(path)))
    return DocumentError([finding])


def _nearest(path: Path) -> str:
    try:
        return _like(path)
    except OSError:  # the gateway may not search a directory of the path
        return ""


def _like(path: Path) -> str:
    whole, fragment, _ = str(path).partition("#")
    if fragment and Path(whole).is_file():
        return f"did you mean {whole}?"
    folder = next((parent for parent in path.parents if parent.is_dir()), None)
    if folder is None:
        return ""
    if folder != path.parent:
        there = "the current folder" if folder == Path() else str(folder)
        return f"{there} exists, but contains no {path.relative_to(folder).parts[0]}"
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    # By the stem first: the suffix alone makes short names alike.
    alike = [name for name in names if closest(path.stem, [Path(name).stem])]
    near = closest(path.name, alike)
    return f"did you mean {folder / near[0]}?" if near else ""
