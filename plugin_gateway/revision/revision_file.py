"""The revision file: a config and the part of the document that it needs, so that `serve` starts without the document.

The file is JSON, so reading a stranger's file runs no code. It holds no secret: the config names where secrets are, and `serve`
resolves them. It names the denied operations, because the gate needs their names. The finished documents for clients follow the
JSON, in gzip.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace

from plugin_gateway import __version__
from plugin_gateway.config.load import load_text
from plugin_gateway.config.recovery import recover
from plugin_gateway.diagnostics import Finding, Location, Severity
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.lock.text import read_lock, write_lock
from plugin_gateway.openapi.decode.extent import MAX_BYTES
from plugin_gateway.openapi.decode.json_values import decode_json
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.face import Face, build_face
from plugin_gateway.publish.faces import DocumentFaces
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed, Drifted
from plugin_gateway.revision.finished import FinishedSteps
from plugin_gateway.shape.extensions import extensions_to_keep

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.revision.build import Built

_MAGIC: Final = b"plugin-gateway revision\n"
_MAX_HEAD_BYTES: Final = 1024
_GZIP: Final = zlib.MAX_WBITS | 16
_NO_SOURCE: Final = "https://document.invalid/"
"""The config must name a document, and this one is never fetched (RFC 6761, 6.4)."""


class _Stored(Struct, frozen=True, kw_only=True):
    """What the JSON of the file records about finished documents, as `_stored` writes it."""

    served: dict[str, Any]
    name: str
    faces: dict[str, tuple[str, int]]
    """The media type of each face, and its size in the file."""
    warnings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    path: str


class Unpacked(NamedTuple):
    """The content of a revision file."""

    loaded: LoadedConfig
    document: Document
    agreed: Agreed
    logo: bytes | None
    steps: FinishedSteps


def pack(built: Built, *, digest: str = "", finished: Mapping[str, DocumentFaces] | None = None) -> bytes:
    """Return the content of the file for a built revision; `digest` is the revision's digest, for people.

    `finished` are the documents of the steps with which the revision was compiled.

    Raises:
        ConfigError: the config holds a secret.
    """
    loaded, agreed = built.loaded, built.agreed
    if in_clear := [one for one in loaded.warnings if one.rule == "secret-in-file"]:
        raise ConfigError(
            replace(
                one,
                severity=Severity.ERROR,
                message="a revision file must hold no secret, and gateway.yaml has this one",
            )
            for one in in_clear
        )
    kept = [OperationKey(rule.method, rule.path_template) for rule in built.revision.rules]
    body = {
        "config": _portable_config(loaded),
        "logo": None if built.logo is None else b64encode(built.logo).decode(),
        "document": {
            "name": built.document.name,
            "address": built.document.address,
            "root": reduced(built.document, kept, loaded.config.public.extensions, loaded.config.public.discriminator),
        },
        "lock": write_lock(agreed.lock) if agreed.lock is not None else None,
        "closed": [list(key) for key in sorted(agreed.closed)],
        "drifted": [list(one) for one in agreed.drifted],
        "finished": {parts: _stored(shown) for parts, shown in (finished or {}).items()},
    }
    head = to_json({"version": __version__, "digest": digest})
    faces = (face.packed for shown in (finished or {}).values() for face in shown.faces.values())
    return b"".join((_MAGIC, head, b"\n", zlib.compress(to_json(body), level=6), *faces))


def unpack(
    content: bytes,
    path: Path,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    on_file: Callable[[Path], object] | None = None,
    needs_secrets: bool = True,
) -> Unpacked:
    """Read the content of a file at `path`, to whose folder relative paths in the config refer.

    Raises:
        ConfigError: it is not a revision file, another version wrote it, or the config does not fit its new place.
    """
    name = str(path)
    if not content.startswith(_MAGIC):
        raise refused_file(name, "this is not a revision file", "`plugin-gateway build -o FILE` writes one")
    head, _, packed = content[len(_MAGIC) :].partition(b"\n")
    try:
        about = decode_json(head[:_MAX_HEAD_BYTES], name)
        if about["version"] != __version__:
            message = f"plugin-gateway {about['version']} wrote this file, and this is {__version__}"
            raise refused_file(name, message, "write it again with `plugin-gateway build -o FILE` of this version")
        unzip = zlib.decompressobj()
        text = unzip.decompress(packed, MAX_BYTES)
        if not unzip.eof:
            raise refused_file(name, "the file is damaged or too large")
        body = decode_json(text, name)
        document = Document(
            root=body["document"]["root"], name=body["document"]["name"], address=body["document"]["address"]
        )
        lock = read_lock(body["lock"], name) if body["lock"] is not None else None
        agreed = NOTHING_AGREED
        if lock is not None:
            closed = frozenset(OperationKey(*map(str, key)) for key in body["closed"])
            drifted = tuple(Drifted(str(one), outcome, tuple(changed)) for one, outcome, changed in body["drifted"])
            agreed = Agreed(lock=lock, closed=closed, drifted=drifted)
        logo = None if body["logo"] is None else b64decode(body["logo"], validate=True)
        config = to_json(body["config"]).decode()
        rest = _Rest(unzip.unused_data, MAX_BYTES - len(text))
        stored = convert(body["finished"], dict[str, _Stored])
        finished = {parts: _shown(one, rest) for parts, one in stored.items()}
        rest.end()
    except (zlib.error, DocumentError, KeyError, TypeError, ValueError) as error:
        raise refused_file(name, "the file is damaged") from error
    loaded = load_text(
        config,
        path=path,
        environ=environ,
        overrides=overrides,
        on_file=on_file,
        needs_secrets=needs_secrets,
        is_packed=True,
    )
    return Unpacked(loaded, document, agreed, logo, FinishedSteps(finished))


def reduced(
    document: Document, kept: Collection[OperationKey], extensions: Collection[str], discriminator: str
) -> JsonObject:
    """Return a document's root in which other operations have only the fields that the allow-list and the gate read."""
    pruned = prune(
        document,
        kept,
        extensions=extensions_to_keep(extensions),
        discriminator="trim" if discriminator == "trim" else "follow",
    ).root
    paths: JsonObject = {}
    there = pruned.get("paths", {})
    names = document.root.get("paths")
    for path in names if isinstance(names, dict) else ():
        paths[path] = {**there.get(path, {})}
    for key, operation in document.operations.items():
        if key in kept:
            continue
        item = paths.setdefault(key.path, {})
        outline: JsonObject = {"responses": {}}
        if operation.operation_id:
            outline["operationId"] = operation.operation_id
        if operation.tags:
            outline["tags"] = list(operation.tags)
        holder = item if operation.holder is operation.path_item else item.setdefault("additionalOperations", {})
        holder[operation.field] = outline
    return {**pruned, "paths": {path: item for path, item in paths.items() if item}}


def _stored(shown: DocumentFaces) -> JsonObject:
    """Return what the JSON of the file records about finished documents."""
    return {
        "served": shown.served.root,
        "name": shown.served.name,
        "faces": {path: (face.media_type, len(face.packed)) for path, face in shown.faces.items()},
        "warnings": to_builtins(shown.warnings),
        "notes": to_builtins(shown.notes),
        "path": shown.path,
    }


def _shown(stored: _Stored, rest: _Rest) -> DocumentFaces:
    """Return the finished documents whose faces come next in the file."""
    return DocumentFaces(
        served=Document(root=stored.served, name=stored.name),
        faces={path: rest.face(media_type, size) for path, (media_type, size) in stored.faces.items()},
        warnings=stored.warnings,
        notes=stored.notes,
        path=stored.path,
    )


class _Rest:
    """The rest of a file behind its JSON: faces in gzip."""

    def __init__(self, packed: bytes, most: int) -> None:
        self._packed = packed
        self._at = 0
        self._left = most

    def face(self, media_type: str, size: int) -> Face:
        """Return the next face.

        Raises:
            ValueError: it is not whole, or the faces together are too large.
            zlib.error: it is damaged.
        """
        packed = self._packed[self._at : self._at + size]
        self._at += size
        unzip = zlib.decompressobj(_GZIP)
        body = unzip.decompress(packed, self._left + 1)  # 0 would mean no limit
        if not unzip.eof or unzip.unused_data or len(body) > self._left:
            raise ValueError("a face is damaged or too large")
        self._left -= len(body)
        return build_face(media_type, body, packed)

    def end(self) -> None:
        """Raise `ValueError` unless each face was read, and nothing follows."""
        if self._at != len(self._packed):
            raise ValueError("the file is shorter or longer than its faces")


def _portable_config(loaded: LoadedConfig) -> JsonObject:
    """Return gateway.yaml without what the file has itself: the document with its overlays and headers, and the logo."""
    root = recover(loaded.text).root
    value = root.plain() if root is not None else {}
    config = {**value} if isinstance(value, dict) else {}
    config["openapi"] = {"source": _NO_SOURCE}
    if isinstance(manifest := config.get("manifest"), dict):
        config["manifest"] = {name: member for name, member in manifest.items() if name != "logo"}
    return config


def refused_file(
    name: str, message: str, hint: str = "write it again with `plugin-gateway build -o FILE`"
) -> ConfigError:
    return ConfigError([Finding(rule="revision-file", message=message, hint=hint, location=Location(name))])
