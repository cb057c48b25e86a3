"""The candidate of an export, for the commands that write the package or judge it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError
from plugin_gateway.export.candidate import Candidate, ShownTool
from plugin_gateway.export.server_info import gather_server_info
from plugin_gateway.publish.logo import image_kind_of
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.publish.face import Face
    from plugin_gateway.revision.build import Built

MAX_IMAGE_BYTES = 20_000_000
_IMAGES = ("logo", "icon", "dark_logo", "dark_icon")


class Documents(Mapping[str, bytes]):
    """The served documents by profile; each is rendered when it is read first."""

    def __init__(self, faces: Mapping[str, Face]) -> None:
        self._faces = {
            path.removeprefix(DOCUMENT_PATH).removeprefix("?profile="): face
            for path, face in faces.items()
            if path.startswith(DOCUMENT_PATH)
        }

    def __getitem__(self, profile: str) -> bytes:
        return self._faces[profile].body

    def __contains__(self, profile: object) -> bool:
        return profile in self._faces

    def __iter__(self) -> Iterator[str]:
        return iter(self._faces)

    def __len__(self) -> int:
        return len(self._faces)


def candidate_of(built: Built, *, has_digest: bool = True) -> Candidate:
    """Gather what the package shows from a built revision, its config and the images that the config names.

    Only a package shows the digest, and it takes longer than all the rest: it renders every face.

    Raises:
        ConfigError: an image cannot be read.
    """
    revision, config = built.revision, built.loaded.config
    manifest = json.loads(revision.faces[MANIFEST_PATH].body)
    info = built.document.root.get("info")
    info = info if isinstance(info, dict) else {}
    return Candidate(
        config=config,
        server_info=gather_server_info(config, manifest, info),
        manifest=manifest,
        info=info,
        tools=tuple(
            ShownTool(
                method=tool.method,
                path=tool.path_template,
                definition=json.loads(tool.definition),
                tokens=tool.tokens,
            )
            for tool in revision.tools
        ),
        documents=Documents(revision.faces),
        digest=revision.digest if has_digest else "",
        images=dict(_images(built.loaded)),
    )


def _images(loaded: LoadedConfig) -> Iterator[tuple[str, bytes]]:
    settings = loaded.config.plugin
    for key in _IMAGES:
        if (path := getattr(settings, key)) is not None:
            yield key, _read(loaded, path, ("plugin", key))
    if loaded.config.manifest.logo is not None:
        yield "manifest", _read(loaded, loaded.config.manifest.logo, ("manifest", "logo"))


def _read(loaded: LoadedConfig, path: Path, pointer: tuple[str, ...]) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_IMAGE_BYTES + 1)
        why = f"it has more than {MAX_IMAGE_BYTES:,} bytes" if len(body) > MAX_IMAGE_BYTES else ""
        if not why and image_kind_of(body) is None:
            # A package is public, and the path may name a file with secrets.
            why = "it is not a PNG, JPEG, GIF, WebP or SVG file"
    except OSError as error:
        body, why = b"", reason_of(error)
    if why:
        message = f"the image {path} cannot be read: {why}"
        finding = Finding(rule="unreadable", message=message, hint="name another file", pointer=pointer)
        raise ConfigError(loaded.located([finding]))
    return body
