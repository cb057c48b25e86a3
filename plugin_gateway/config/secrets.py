"""A secret: a value that may be used but never shown, and the source it came from."""

from __future__ import annotations

import hmac
import stat
from typing import TYPE_CHECKING, Final
from zlib import crc32

from msgspec import Struct

from plugin_gateway.config.mistake import Mistake, nearest, nearest_key
from plugin_gateway.config.secret_text import SecretPlace, cleaned, decode
from plugin_gateway.config.variable import VARIABLE_NAME, variable_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MAX_FILE_BYTES: Final = 64 * 1024
_KINDS: Final = ("env", "file", "value")
_OTHER_WORDS: Final = {
    **dict.fromkeys(("var", "variable", "environment", "env_var", "envvar", "from_env", "name"), "env"),
    **dict.fromkeys(("path", "filename", "from_file", "mount"), "file"),
    **dict.fromkeys(("text", "literal", "secret", "key", "plain"), "value"),
}
_STORES: Final = frozenset(
    {
        "vault",
        "secretkeyref",
        "valuefrom",
        "secretref",
        "aws",
        "arn",
        "gcp",
        "azure",
        "keyvault",
        "ssm",
        "op",
        "doppler",
    }
)
_WANTED: Final = {"env": "the name of a variable", "file": "the path of a file", "value": "the secret"}
_MASK: Final = "**********"


class SecretSource(Struct, frozen=True, kw_only=True):
    """The source of a secret: an environment variable, a file (absolute), or, with neither, gateway.yaml."""

    env: str = ""
    file: Path | None = None

    def __str__(self) -> str:
        if self.env:
            return f"env {self.env}"
        return f"file {self.file}" if self.file else "gateway.yaml"


class Secret:
    """Text that prints as asterisks; only `reveal()` returns it.

    Secrets are compared in constant time. They can be pickled, because workers need them. They have no length and no hash,
    so that neither gets into a log or a dict's repr by mistake.
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


def placeholder(source: object) -> Secret:
    """Return a placeholder for a missing secret, for commands that show or check and send nothing.

    Two sources get different placeholders, as their secrets would differ.
    """
    return Secret(f"placeholder-for-a-secret-{crc32(repr(source).encode()):08x}")


def secrets_in(value: object) -> Iterator[Secret]:
    """Yield every secret in a value of the config, at any depth."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from secrets_in(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from secrets_in(getattr(value, name))


def resolve(
    source: object,
    *,
    environ: Mapping[str, str],
    folder: Path,
    place: SecretPlace = SecretPlace.ANYWHERE,
    header: str = "",
) -> Secret:
    """Read the secret that `{env: NAME}`, `{file: PATH}` or `{value: TEXT}` names; PATH is relative to `folder`.

    `secret_text.cleaned` removes white space around it, and refuses characters that `place` cannot carry.

    Raises:
        Mistake: the source is not one of the three, is missing or empty, or holds a character that `place` cannot carry.

    """
    if not isinstance(source, dict):
        raise Mistake(
            "secret-source",
            "this takes the source of a secret, not the secret itself",
            hint="write {env: NAME} or {file: PATH}",
        )
    for key in source:
        if key not in _KINDS:
            raise Mistake(
                "unknown-key",
                f"unknown key `{key}`" if isinstance(key, str) else "unknown key",
                hint=_kind_hint(key, source[key]) + "valid here: env, file, value",
                at=(key,) if isinstance(key, str | int) else (),
                on_key=True,
            )
    if len(source) != 1:
        raise Mistake("exactly-one", "a secret has exactly one of `env`, `file` and `value`", hint="keep one of them")
    ((kind, name),) = source.items()
    if not isinstance(name, str) or not name:
        hint = f"write {_WANTED[kind]} after it" if name in (None, "") or kind == "env" else "put quotes around it"
        raise Mistake("wrong-type", "expected non-empty text", at=(kind,), hint=hint)
    if kind == "value" and (variable := variable_named(name)):
        hint = f"write {{env: {variable}}}"
        raise Mistake("secret-source", "variables are not expanded here", hint=hint, at=(kind,))
    try:
        if kind == "file":
            path = folder / name
            return Secret(cleaned(_from_file(path, name), place, header=header), SecretSource(file=path))
        text = _from_env(name, environ) if kind == "env" else name
        return Secret(cleaned(text, place, header=header), SecretSource(env=name) if kind == "env" else None)
    except Mistake as mistake:
        mistake.at = (kind,)
        raise


def _kind_hint(key: object, name: object) -> str:
    """Return a hint for the key that was meant. It does not repeat a name that may be the secret itself."""
    close = nearest_key(key, _KINDS, _OTHER_WORDS)
    if str(key).casefold().replace("_", "") in _STORES:
        return "the gateway does not read secret stores: mount the secret as a file, or put it into a variable; "
    if close == "env" and VARIABLE_NAME.fullmatch(str(name)):
        return f"write {{env: {name}}}; "
    return f"did you mean `{close}`? " if close else ""


def _from_env(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ and not VARIABLE_NAME.fullmatch(name):
        # The name may be the secret itself, so the message does not repeat it.
        hint = "write the name of the variable that holds the secret, such as {env: UPSTREAM_API_KEY}"
        raise Mistake("secret-missing", "this is not the name of an environment variable", hint=hint)
    if name not in environ:
        raise Mistake(
            "secret-missing",
            f"environment variable `{name}` is not set",
            hint=nearest(name, environ) + "set it before the gateway starts",
        )
    return environ[name]


def _from_file(path: Path, name: str) -> str:
    hint = "a relative path starts at the folder of gateway.yaml"
    if name.startswith("/"):
        hint = "write the key into this file, or mount it there"
    try:
        # Check before opening: to open a pipe without a writer blocks forever.
        mode = path.stat().st_mode
        content = _first_bytes(path) if stat.S_ISREG(mode) else b""
    except (OSError, ValueError) as error:
        if isinstance(error, PermissionError):
            hint = "the user that the gateway runs as must be able to read it"
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a valid path"
        raise Mistake("secret-missing", f"cannot read `{name}`: {reason}", hint=hint) from None
    if stat.S_ISDIR(mode):
        raise Mistake("secret-missing", f"`{name}` is a directory", hint="name the file in it that holds the key")
    if not stat.S_ISREG(mode):
        hint = "write the key into a regular file: each reload reads it again"
        raise Mistake("secret-missing", f"`{name}` is not a regular file", hint=hint)
    if len(content) > _MAX_FILE_BYTES:
        raise Mistake("secret-unusable", f"`{name}` is larger than 64 KiB")
    return decode(content, name)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES + 1)
