"""A secret: a value that may be used but never shown, and the source it came from."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import Mistake, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAX_FILE_BYTES: Final = 64 * 1024
_KINDS: Final = ("env", "file", "value")
_MASK: Final = "**********"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Where a secret was taken from: an environment variable, a file (absolute), or, with neither, gateway.yaml."""

    env: str = ""
    file: Path | None = None

    def __str__(self) -> str:
        if self.env:
            return f"env {self.env}"
        return f"file {self.file}" if self.file else "gateway.yaml"


class Secret:
    """Text that shows as asterisks wherever it is printed; `reveal()` is the only way to it.

    Equality takes the same time whatever differs. It can be pickled, because workers need it; it has no length and no
    hash, so that neither ends up in a log or in a dict's repr by mistake.
    """

    __hash__ = None  # type: ignore[assignment]  # equal secrets from two sources must not be told apart by a set
    __slots__ = ("_text", "source")

    def __init__(self, text: str, source: SecretSource | None = None) -> None:
        self._text = text
        self.source = source or SecretSource()

    def reveal(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __repr__(self) -> str:
        return f"Secret({_MASK!r}, from {self.source})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, format_spec: str) -> str:
        return format(_MASK, format_spec)

    def __reduce__(self) -> tuple[type[Secret], tuple[str, SecretSource]]:
        return Secret, (self._text, self.source)


def resolve(source: object, *, environ: Mapping[str, str], folder: Path) -> Secret:
    """Read the secret that `{env: NAME}`, `{file: PATH}` or `{value: TEXT}` names; PATH is relative to `folder`.

    One trailing newline is cut off, as editors and `echo` add it.

    Raises:
        Mistake: the source is not one of the three, is missing or empty, or holds a control character, which no
            header, query or cookie can carry.

    """
    if not isinstance(source, dict):
        raise Mistake(
            "secret-source",
            "a secret is not written here, but where it is found",
            hint="write {env: NAME} or {file: PATH}",
        )
    for key in source:
        if key not in _KINDS:
            raise Mistake(
                "unknown-key",
                f"unknown key `{key}`" if isinstance(key, str) else "unknown key",
                hint=nearest(key, _KINDS) + "valid here: env, file, value",
                at=(key,) if isinstance(key, str | int) else (),
                on_key=True,
            )
    if len(source) != 1:
        raise Mistake("exactly-one", "a secret has exactly one of `env`, `file` and `value`", hint="keep one of them")
    ((kind, name),) = source.items()
    if not isinstance(name, str) or not name:
        raise Mistake("wrong-type", "expected text that is not empty", at=(kind,), hint="put quotes around it")
    if kind == "env":
        return Secret(_checked(_from_env(name, environ), kind), SecretSource(env=name))
    if kind == "file":
        path = folder / name
        return Secret(_checked(_from_file(path, name), kind), SecretSource(file=path))
    return Secret(_checked(name, kind))


def _from_env(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise Mistake(
            "secret-missing",
            f"environment variable `{name}` is not set",
            at=("env",),
            hint=nearest(name, environ) + "set it before the gateway starts",
        )
    return environ[name]


def _from_file(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a legal path"
        raise Mistake(
            "secret-missing",
            f"cannot read `{name}`: {reason}",
            at=("file",),
            hint="a relative path starts at the folder of gateway.yaml",
        ) from None
    if len(content) > _MAX_FILE_BYTES:
        raise Mistake("secret-unusable", f"`{name}` is larger than 64 KiB", at=("file",))
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Mistake("secret-unusable", f"`{name}` is not UTF-8 text", at=("file",)) from None


def _checked(text: str, kind: str) -> str:
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise Mistake("secret-empty", "the secret is empty", at=(kind,), hint="put the key there before the start")
    if any(character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in text):
        raise Mistake(
            "secret-unusable",
            "the secret contains a line break, NUL or another control character",
            at=(kind,),
            hint="no header, query or cookie can carry one (RFC 9110, 5.5)",
        )
    return text
