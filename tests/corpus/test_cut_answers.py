"""Answers that real documents record, cut to the fields that are proposed for them: the trimmer and the cut schemas on real data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.config.trims import ResponseTrim
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.shape.answer.trim import trim
from plugin_gateway.shape.answer.trimmer import Trimmer
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.propose import propose_keep
from plugin_gateway.shape.settings import OperationSettings
from plugin_gateway.shape.success import success_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, OperationKey

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "open"
RECORDED = ["adyen_mgmt.yaml", "github.json", "twilio_api.yaml", "twilio_flex.json", "xero_accounting.yaml"]
LARGE_BYTES = 2000
MOST_OPERATIONS = 12


def document_of(name: str) -> Document:
    if not (CORPUS / name).exists():
        pytest.skip(f"the shared corpus has no {name} here")
    return read_document(str(CORPUS / name))


def recorded(node: dict[str, Any], document: Document) -> Iterator[Any]:
    """Yield the examples of the successful JSON answers of an operation."""
    for status, one in (node.get("responses") or {}).items():
        content = (follow(one, document) or {}).get("content") or {} if str(status).startswith("2") else {}
        for media_type, entry in content.items():
            if "json" in media_type and isinstance(entry, dict):
                examples = [
                    (follow(one, document) or {}).get("value") for one in (entry.get("examples") or {}).values()
                ]
                yield from (one for one in (entry.get("example"), *examples) if isinstance(one, dict | list))


def proposals(document: Document) -> dict[OperationKey, tuple[str, ...]]:
    """Return what is proposed for the operations whose large answer the document records."""
    found: dict[OperationKey, tuple[str, ...]] = {}
    for key, operation in document.operations.items():
        if len(found) < MOST_OPERATIONS and any(
            len(json.dumps(one, default=str)) > LARGE_BYTES for one in recorded(operation.node, document)
        ):
            keep = propose_keep(document, success_schemas(operation.node, document))
            if keep:
                found[key] = keep
    return found


def leaves(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the scalars of a value with their places; `*` is an item."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*at, key))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, (*at, "*"))
    else:
        yield at, value


def keeps(leaf: tuple[tuple[str, ...], Any], pointer: str) -> bool:
    """Whether a pointer keeps a scalar: it is there or below, or it is null on the way there."""
    at, value = leaf
    tokens = tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
    is_on_the_way = all(step in (token, "*") or token == "*" for step, token in zip(at, tokens, strict=False))
    return is_on_the_way and (len(at) >= len(tokens) or value is None)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers_lose_four_fifths_and_every_kept_value_is_right(name: str) -> None:
    document = document_of(name)
    settings = proposals(document)
    pruned, _ = mend(prune(document, list(settings)))
    shaped = compile_shapes(
        pruned,
        {key: OperationSettings(response=ResponseTrim.parse({"keep": keep})) for key, keep in settings.items()},
    )
    assert not [finding for finding in shaped.findings if finding.severity == "error"]

    before = after = 0
    for key, keep in settings.items():
        reply = shaped.shapes[key].reply
        assert reply is not None
        shown = [*recorded(shaped.document.operations[key].node, shaped.document)]
        for answer in recorded(document.operations[key].node, document):
            text = json.dumps(answer, default=str).encode()
            if len(text) <= LARGE_BYTES:
                continue
            cut = trim(text, reply.of_success())
            before, after = before + len(text), after + len(cut)
            value = json.loads(text)
            expected = [leaf for leaf in leaves(value) if any(keeps(leaf, pointer) for pointer in keep)]
            assert sorted(map(repr, leaves(json.loads(cut)))) == sorted(map(repr, expected)), key
            trimmer = Trimmer(reply.of_success(), 64)
            pieces = b"".join(trimmer.feed(text[start : start + 50]) for start in range(0, len(text), 50))
            assert json.loads(pieces + trimmer.finish()) == json.loads(cut)
            assert json.loads(cut) in json.loads(json.dumps(shown, default=str)), key
    assert after <= before * 0.2, f"{1 - after / before:.0%}"
