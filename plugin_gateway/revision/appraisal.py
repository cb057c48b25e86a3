"""An appraisal: what one allowed operation costs a model, what is doubtful about it, and what to keep of its replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.config.trims import ResponseTrim
from plugin_gateway.errors import FindingsError
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.manifest import DOCUMENT_PATH
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.build import recompile
from plugin_gateway.revision.doubts import find_doubts
from plugin_gateway.shape.pointer import tokens_of
from plugin_gateway.shape.propose import propose_keep
from plugin_gateway.shape.reply_size import reply_size
from plugin_gateway.shape.success import success_schemas
from plugin_gateway.tools.tokens import tokens_of_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.model import Config
    from plugin_gateway.config.selector import AllowEntry
    from plugin_gateway.openapi.document import OperationKey
    from plugin_gateway.revision.build import Built
    from plugin_gateway.revision.doubts import Doubt
    from plugin_gateway.revision.kept import KeptOperation
    from plugin_gateway.revision.model import Revision


class Tokens(NamedTuple):
    """An estimate before and after what gateway.yaml changes. None where there is nothing to count or to compare with."""

    before: int | None
    after: int | None


class Appraisal(Struct, frozen=True, kw_only=True):
    """What `check --operations` reports about one allowed operation."""

    key: OperationKey
    operation_id: str
    """The name that clients see."""
    entry: AllowEntry
    """The entry that wins for the operation."""
    tool: Tokens
    reply: Tokens
    """One successful reply in JSON."""
    doubts: tuple[Doubt, ...]
    keep: tuple[str, ...]
    """JSON pointers that `response.keep` may have; empty if it has some, or if there is little to save."""
    reply_kept: int | None
    """The tokens of a reply with `keep`."""


def appraise(built: Built) -> tuple[Appraisal, ...]:
    """Appraise every allowed operation, in the order of the document. Compiles the gateway once more, without its shapes."""
    now = _Faces(built.revision)
    try:
        before = _Faces(recompile(built, built.stages[0], _plain(built.loaded.config)))
    except FindingsError:
        # Without its overlays the document may lack operations that the list names.
        before = None
    config = built.loaded.config
    kept = select(built.document, config.allow, config.deny, built.revision.pinned, built.agreed).kept
    return tuple(_appraise(key, kept[key], now, before) for key in now.document.operations if key in kept)


def _plain(config: Config) -> Config:
    """Return the config without its settings for texts, parameters, bodies and replies."""
    return config.replace(allow=tuple(map(_plain_entry, config.allow)))


def _plain_entry(entry: AllowEntry) -> AllowEntry:
    slashes = {name: rule for name, rule in entry.parameters.items() if rule.slashes == "allowed"}
    links = entry.response.links
    return entry.replace(
        description=None,
        summary=None,
        parameters={name: ParameterRule.of(slashes="allowed") for name in slashes},
        request=type(entry.request)(),
        response=ResponseTrim() if links is None else ResponseTrim.of(links=links),
    )


class _Faces:
    """What clients see of one revision."""

    def __init__(self, revision: Revision) -> None:
        root = decode(revision.faces[DOCUMENT_PATH].body, DOCUMENT_PATH)
        self.document = Document(root=root, name=DOCUMENT_PATH)
        self.tools: Mapping[str, int] = {tool.name: tool.tokens for tool in revision.tools}

    def tool_tokens(self, key: OperationKey) -> int | None:
        operation = self.document.operations.get(key)
        return self.tools.get(operation.operation_id or "") if operation else None

    def reply_tokens(self, key: OperationKey, keep: tuple[str, ...] = ()) -> int | None:
        operation = self.document.operations.get(key)
        size = reply_size(operation, self.document, keep=[*map(tokens_of, keep)]) if operation else None
        return None if size is None else tokens_of_size(size)


def _appraise(key: OperationKey, kept: KeptOperation, now: _Faces, before: _Faces | None) -> Appraisal:
    operation = now.document.operations[key]
    schemas = success_schemas(operation.node, now.document)
    tool_tokens = now.tool_tokens(key)
    keep = () if kept.response.keep else propose_keep(now.document, schemas)
    return Appraisal(
        key=key,
        operation_id=operation.operation_id or str(key),
        entry=kept.entries[0],
        tool=Tokens(before.tool_tokens(key) if before else None, tool_tokens),
        reply=Tokens(before.reply_tokens(key) if before else None, now.reply_tokens(key)),
        doubts=tuple(find_doubts(operation, now.document, tool_tokens=tool_tokens, consequential=kept.consequential)),
        keep=keep,
        reply_kept=now.reply_tokens(key, keep) if keep else None,
    )
