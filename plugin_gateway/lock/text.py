"""The text of a lock: YAML with one fact on each line, sorted, so that a diff shows what changed and git can merge it.

The reader accepts only lines that the writer can produce. All other lines are findings with their place.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import ConfigError
from plugin_gateway.lock.lock import EntryWords, Lock, LockedOperation
from plugin_gateway.lock.parts import ABSENT, DIGEST_DIGITS, PARTS, Parts
from plugin_gateway.openapi.document import OperationKey

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION: Final = "1"
_HEAD: Final = """\
# How the API's document described the allowed operations when `plugin-gateway lock` wrote this file.
# Commit it with gateway.yaml. `plugin-gateway diff` shows what has changed since; `plugin-gateway lock` accepts it.
"""
_KINDS: Final = ("operation", "path", "tag")
_ANEW: Final = "`plugin-gateway lock` writes a new file; read the output of `plugin-gateway diff` first"
_CONFLICT: Final = re.compile(r"(<{7}|={7}|>{7}|\|{7})( |$)")
_SAFE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_{}/.*~,-]*(?: [A-Za-z0-9_{}/.*~,-]+)*", re.ASCII)
_BARE: Final = re.compile(r"[A-Za-z0-9_{}/.*~,-]+", re.ASCII)
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')
_PAIR: Final = re.compile(r'( *)("(?:[^"\\]|\\.)*"|[^"\s#-][^"]*?):(?: (.*))?')
_ITEM: Final = re.compile(r' {4}- ("(?:[^"\\]|\\.)*"|[^"\s].*)')
_DIGEST: Final = re.compile(rf"sha256:[0-9a-f]{{{DIGEST_DIGITS}}}")


def write_lock(lock: Lock) -> str:
    """Return the text of a lock. Equal locks have equal texts."""
    lines = [f"version: {VERSION}", f"document: {lock.document}", f"discriminator: {lock.discriminator}"]
    lines.append(f"extensions: [{', '.join(json.dumps(name, ensure_ascii=False) for name in sorted(lock.extensions))}]")
    lines.append("operations:" if lock.operations else "operations: {}")
    for key, one in sorted(lock.operations.items(), key=lambda pair: (pair[0].path, pair[0].method)):
        lines.append(f"  {_quoted(str(key))}:")
        if one.operation_id:
            lines.append(f"    id: {json.dumps(one.operation_id, ensure_ascii=False)}")
        lines += (f"    {name}: {digest}" for name, digest in zip(PARTS, one.parts, strict=True))
    if lock.groups:
        lines.append("groups:")
    for words, keys in sorted(lock.groups.items()):
        lines.append(f"  {_quoted(_words_text(words))}:{'' if keys else ' []'}")
        lines += (f"    - {_quoted(str(key))}" for key in sorted(keys, key=lambda key: (key.path, key.method)))
    return _HEAD + "\n".join(lines) + "\n"


def read_lock(text: str, name: str) -> Lock:
    """Read the text of a lock; `name` is the file's name for messages.

    Raises:
        ConfigError: with a finding for each line that is not part of a lock.
    """
    return _LockReader(text, name).lock()


class _OperationLines(Struct):
    """An operation while its lines are read."""

    line: int
    members: dict[str, str] = field(default_factory=dict)


class _LockReader:
    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        self._findings: list[Finding] = []
        self._root: dict[str, str] = {}
        self._operations: dict[OperationKey, _OperationLines] = {}
        self._groups: dict[EntryWords, set[OperationKey]] = {}

    def lock(self) -> Lock:
        self._read_lines()
        if not self._findings:
            self._judge_root()
        operations = {key: one for key, entry in self._operations.items() if (one := self._operation(key, entry))}
        if self._findings:
            raise ConfigError(self._findings)
        return Lock(
            document=self._root["document"],
            discriminator=self._root.get("discriminator", "follow"),
            extensions=tuple(json.loads(self._root.get("extensions", "[]"))),
            operations=operations,
            groups={words: frozenset(keys) for words, keys in self._groups.items()},
        )

    def _read_lines(self) -> None:
        section, entry, group = "", None, None
        for number, line in enumerate(self._lines, start=1):
            if _CONFLICT.match(line):
                self._report(
                    "lock-conflict",
                    "git left a conflict in this file",
                    number,
                    "merge gateway.yaml, then run `plugin-gateway lock`",
                )
                return
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if (item := _ITEM.fullmatch(line)) and group is not None and (key := _key(_unquoted(item[1]))):
                group.add(key)
                continue
            pair = _PAIR.fullmatch(line)
            if pair is None:
                self._report("lock-unreadable", "this line is not part of a lock", number)
                continue
            depth, word, value = len(pair[1]), _unquoted(pair[2]), (pair[3] or "").strip()
            if depth == 0:
                section, entry, group = word, None, None
                is_known = word in {"version", "document", "discriminator", "extensions", "operations", "groups"}
                if not is_known or word in self._root:
                    self._report(
                        "lock-unreadable",
                        f"`{word}` is not part of a lock" if not is_known else f"`{word}` appears twice",
                        number,
                    )
                self._root[word] = value
            elif depth == 2 and section == "operations" and (key := _key(word)) and not value:
                if key in self._operations:
                    self._report("lock-unreadable", f"`{key}` appears twice", number)
                entry = self._operations[key] = _OperationLines(number)
            elif depth == 2 and section == "groups" and (words := _words_of(word)) and value in {"", "[]"}:
                if words in self._groups:
                    self._report("lock-unreadable", f"the group `{words}` appears twice", number)
                group = self._groups[words] = set()
            elif depth == 4 and entry is not None and self._is_member(word, value) and word not in entry.members:
                entry.members[word] = _unquoted(value)
            else:
                self._report("lock-unreadable", "this line is not part of a lock", number)

    def _is_member(self, word: str, value: str) -> bool:
        return word == "id" or (word in PARTS and (value == ABSENT or bool(_DIGEST.fullmatch(value))))

    def _judge_root(self) -> None:
        version = self._root.get("version", "")
        if version != VERSION:
            message = f"the lock has version {version or 'nothing'}, and this gateway reads version {VERSION}"
            self._report("lock-version", message, 0, f"use the plugin-gateway that wrote it, or {_ANEW}")
        elif not _DIGEST.fullmatch(self._root.get("document", "")):
            self._report("lock-unreadable", "the digest of the document is missing", 0)
        else:
            try:
                names = json.loads(self._root.get("extensions", "[]"))
            except ValueError:
                names = None
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                self._report("lock-unreadable", "`extensions` is not a list of names", 0)
            if self._root.get("discriminator", "follow") not in {"follow", "trim"}:
                self._report("lock-unreadable", "`discriminator` is neither follow nor trim", 0)
            self._judge_groups()

    def _judge_groups(self) -> None:
        for words, keys in self._groups.items():
            for key in sorted(
                keys - self._operations.keys() if words.place != ("deny",) and not words.operation else ()
            ):
                message = f"the group `{words}` names `{key}`, which has no digests in this file"
                self._report("lock-incomplete", message, 0)

    def _operation(self, key: OperationKey, entry: _OperationLines) -> LockedOperation | None:
        missing = [name for name in PARTS if name not in entry.members]
        if missing:
            self._report("lock-incomplete", f"`{key}` has no digest of its {' and '.join(missing)}", entry.line)
            return None
        return LockedOperation(
            operation_id=entry.members.get("id", ""), parts=Parts(*(entry.members[name] for name in PARTS))
        )

    def _report(self, rule: str, message: str, number: int, hint: str = _ANEW) -> None:
        text = self._lines[number - 1] if number else ""
        start = len(text) - len(text.lstrip()) + 1
        location = Location(self._name, number, start if number else 0, max(1, len(text.strip())), text)
        self._findings.append(Finding(rule=rule, message=message, hint=hint, location=location))


def _key(text: str) -> OperationKey | None:
    method, blank, path = text.partition(" ")
    return OperationKey(method, path) if blank and path.startswith("/") else None


def _words_text(words: EntryWords) -> str:
    kind, value = next((kind, value) for kind in _KINDS if (value := getattr(words, kind)))
    tokens = [*words.place, kind, value, *(("methods", *words.methods) if words.methods else ())]
    return " ".join(token if _BARE.fullmatch(token) else json.dumps(token, ensure_ascii=False) for token in tokens)


def _words_of(text: str) -> EntryWords | None:
    tokens = [*_tokens(text)]
    depth = 2 if tokens[:1] == ["consumers"] else 1
    place, rest = tuple(tokens[:depth]), tokens[depth:]
    if place[:1] not in {("allow",), ("deny",), ("consumers",)} or len(rest) < 2 or rest[0] not in _KINDS:
        return None
    if len(rest) > 2 and (rest[2] != "methods" or not rest[3:]):
        return None
    value = dict.fromkeys(_KINDS, "") | {rest[0]: rest[1]}
    return EntryWords(place=place, **value, methods=tuple(rest[3:]))


def _tokens(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text):
        yield _unquoted(token)


def _quoted(text: str) -> str:
    return text if _SAFE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text
