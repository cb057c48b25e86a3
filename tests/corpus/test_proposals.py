"""Proposals of `response.keep` for real documents, tried on the replies that these documents record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plugin_gateway.cli.appraisals import proposal_of
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.refs import join_pointer, split_pointer
from plugin_gateway.revision.appraisal import appraise
from plugin_gateway.revision.build import build, load_config
from plugin_gateway.shape.pointer import find_in_schema, pointers_of, step
from plugin_gateway.shape.propose import propose_keep
from plugin_gateway.shape.success import success_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, Operation
    from plugin_gateway.revision.appraisal import Appraisal
    from plugin_gateway.shape.pointer import Pointers

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "open"
RECORDED = [
    "adyen_mgmt.yaml",
    "github.json",
    "slack_v2.json",
    "twilio_api.yaml",
    "twilio_flex.json",
    "xero_accounting.yaml",
]
LARGE_BYTES = 2000
MOST_OPERATIONS = 25


def document_of(name: str) -> Document:
    if not (CORPUS / name).exists():
        pytest.skip(f"the shared corpus has no {name} here")
    return read_document(str(CORPUS / name))


def recorded(operation: Operation, document: Document) -> Iterator[Any]:
    """Yield the large recorded replies of an operation."""
    for status, node in (operation.node.get("responses") or {}).items():
        response = follow(node, document) or {}
        if str(status).startswith("2"):
            found = [*_examples(response.get("content") or {}, document), *_of_2_0(response.get("examples"))]
            yield from (one for one in found if isinstance(one, dict | list) and len(written(one)) > LARGE_BYTES)


def _examples(content: dict[str, Any], document: Document) -> Iterator[Any]:
    for media_type, node in content.items():
        if "json" in media_type and isinstance(node, dict):
            yield node.get("example")
            yield from ((follow(one, document) or {}).get("value") for one in (node.get("examples") or {}).values())


def _of_2_0(examples: Any) -> Iterator[Any]:
    yield from (value for key, value in examples.items() if "json" in key) if isinstance(examples, dict) else ()


def written(value: Any) -> str:
    return json.dumps(value, default=str)


def kept_of(value: Any, keep: Pointers) -> Any:
    """Cut a value to what the pointers name."""
    if () in keep:
        return value
    if isinstance(value, dict):
        return {key: kept_of(one, step(keep, key)) for key, one in value.items() if step(keep, key)}
    if isinstance(value, list):
        return [kept_of(one, step(keep, str(index))) for index, one in enumerate(value)]
    return None


def leaves(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in members:
        yield from leaves(one, (*at, str(key)))
    if not isinstance(value, dict | list):
        yield at, value


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_replies_lose_four_fifths_of_their_bytes_and_no_kept_value_changes(name: str) -> None:
    document = document_of(name)
    before = after = tried = 0
    for operation in document.operations.values():
        replies = [*recorded(operation, document)]
        keep = propose_keep(document, success_schemas(operation.node, document)) if replies else ()
        if not keep or tried >= MOST_OPERATIONS:
            continue
        tried += 1
        for reply in replies:
            rest = kept_of(reply, pointers_of(keep))
            before, after = before + len(written(reply)), after + len(written(rest))
            whole = dict(leaves(reply))
            assert all(whole[at] == value for at, value in leaves(rest) if value is not None)
            assert [*leaves(rest)], f"{operation.key}: nothing is left by {keep}"
    assert tried
    assert after <= before * 0.2, f"{1 - after / before:.0%}"


@pytest.mark.parametrize("name", [*RECORDED, "box.json", "discord.json", "spotify.yml", "zoom.json"])
def test_every_proposed_place_is_in_the_schema(name: str) -> None:
    document = document_of(name)
    for operation in list(document.operations.values())[:: max(1, len(document.operations) // 60)]:
        schemas = success_schemas(operation.node, document)
        for pointer in propose_keep(document, schemas):
            tokens = split_pointer(pointer)
            assert join_pointer(tokens) == pointer
            assert any(find_in_schema(document, schema, tokens).schemas for schema in schemas), (operation.key, pointer)


@pytest.mark.parametrize("name", ["redocly_cafe.yaml", "twilio_flex.json", "zoom.json"])
def test_check_accepts_what_it_proposed_and_proposes_nothing_more(name: str, tmp_path: Path) -> None:
    listed = CORPUS.parent / "allow" / f"{name}.txt"
    if not listed.exists():
        pytest.skip(f"the shared corpus has no {listed.name} here")
    allow: list[Any] = listed.read_text().split("\n")
    config = tmp_path / "gateway.yaml"

    def appraised() -> tuple[Appraisal, ...]:
        upstream = {"url": "http://127.0.0.1:9", "servers": "ignore"}
        entries = [one for one in allow if one]
        config.write_text(yaml.safe_dump({"openapi": str(CORPUS / name), "upstream": upstream, "allow": entries}))
        return appraise(build(load_config(config, environ={})))

    before = appraised()
    pasted = yaml.safe_load("\n".join(proposal_of(before)))
    named = {entry["operation"] for entry in pasted}
    allow = [*pasted, *(one for one in allow if one not in named)]
    after = {one.key: one for one in appraised()}

    assert pasted
    for one in before:
        if one.keep:
            assert after[one.key].keep == ()
            assert after[one.key].reply.before == one.reply.after
            assert after[one.key].reply.after == pytest.approx(one.reply_kept, rel=0.3, abs=10)
