"""Path fields: the types of values of gateway.yaml that name a file or a folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from plugin_gateway.config.fields import URL_PATTERN, text_schema
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import FieldSite, ParsedAt
from plugin_gateway.config.url import parse_absolute_url
from plugin_gateway.config.variable import variable_in

if TYPE_CHECKING:
    from plugin_gateway.config.surroundings import Surroundings

_KEPT_WITH_SECRETS: Final = frozenset({"ca", "cert", "key", "users"})


def _file(value: Any, site: FieldSite) -> Path:
    around = site.around
    path = _path(value, around)
    around.on_file(path)
    if not _is_file(path, value) and (around.needs_secrets or site.name not in _KEPT_WITH_SECRETS):
        hint = _unfilled(value) or "a relative path starts at the folder of gateway.yaml"
        raise Mistake("file-missing", "no such file", got=value, hint=hint)
    return path


def _written_file(value: Any, site: FieldSite) -> Path:
    path = _path(value, site.around)
    if hint := _unfilled(value):
        raise Mistake("bad-value", "expected the path of a file", got=value, hint=hint)
    if _may_exist(path) and path.is_dir():
        raise Mistake("bad-value", "this is a folder", got=value, hint="name a file in it")
    return path


def _folder(value: Any, site: FieldSite) -> Path:
    path = _path(value, site.around)
    if hint := _unfilled(value):
        raise Mistake("bad-value", "expected the path of a folder", got=value, hint=hint)
    if _may_exist(path) and path.is_file():
        raise Mistake("bad-value", "this is a file", got=value, hint="name a folder")
    return path


def _path(value: Any, around: Surroundings) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise Mistake("wrong-type", "expected the path of a file", got=value)
    if "-----BEGIN" in value:
        # The value may be a private key, so the message does not repeat it.
        raise Mistake(
            "wrong-type",
            "expected the path of a file, not its text",
            hint="write the text to a file, and name the file here",
        )
    if "://" in value:
        raise Mistake(
            "wrong-type",
            "expected the path of a file, not a URL",
            got=value,
            hint="download it, and name the file here",
        )
    return around.folder / value


def _is_file(path: Path, written: str) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # the name is too long, or the gateway may not search a directory of the path
        reason = (error.strerror or "cannot be read").lower()
        raise Mistake("file-missing", reason, got=written, hint="name a file that the gateway can read") from None


def _unfilled(path: str) -> str:
    """Return a hint for a path that only a shell would expand."""
    if path.startswith("~"):
        return "`~` is not expanded here: write the absolute path"
    if re.match(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/", path) and not path.startswith("."):
        return f"for a URL write https://{path}"
    return "variables are not expanded here: write the path" if variable_in(path) else ""


def _may_exist(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # reading the file reports why
        return True


def _document_source(value: Any, site: FieldSite) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Mistake("wrong-type", "expected a file or URL", got=value)
    if "://" not in value and not re.match(r"https?[:/]", value):
        around = site.around
        around.on_file(around.folder / value)
        if (hint := _unfilled(value)) and not _may_exist(around.folder / value):
            raise Mistake("file-missing", "no such file", got=value, hint=hint)
        return str(around.folder / value)
    if value.startswith("file://"):
        raise Mistake(
            "bad-url",
            "expected the path of a file, not a file:// URL",
            got=value,
            hint=f"write {'/' + value.removeprefix('file://').partition('/')[2]}",
        )
    return parse_absolute_url(value)


_NO_URL: Final = r"^(?!.*://)."
SOURCE_SCHEMA: Final = text_schema("A file, or an http or https URL.", rf"{URL_PATTERN}|^(?!.*://).*\S")
WRITTEN_SCHEMA: Final = text_schema("A file to write; a relative path starts at the folder of this file.", _NO_URL)

FilePath = Annotated[
    Path, ParsedAt(_file, text_schema("A file; a relative path starts at the folder of this file.", _NO_URL))
]
WrittenPath = Annotated[Path, ParsedAt(_written_file, WRITTEN_SCHEMA)]
FolderPath = Annotated[
    Path, ParsedAt(_folder, text_schema("A folder; a relative path starts at the folder of this file.", _NO_URL))
]
SourceText = Annotated[str, ParsedAt(_document_source, SOURCE_SCHEMA)]
