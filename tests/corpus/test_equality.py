"""One list: all faces show a caller the same operations, under one digest."""

from __future__ import annotations

import io
import json
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.load import load_text
from plugin_gateway.export.m365 import build_m365_package
from plugin_gateway.export.package import build_package
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.template import parse_template, sample_path
from plugin_gateway.mcp.era import LATEST_LEGACY
from plugin_gateway.mcp.message import Message
from plugin_gateway.mcp.result import Result
from plugin_gateway.mcp.search_mode import CALL, DESCRIBE, MOST, SEARCH, SearchOffer
from plugin_gateway.mcp.service import Invocation, Service, ToolOffer
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.reports.callee import view_of
from plugin_gateway.reports.exporting import candidate_of
from plugin_gateway.revision.build import Built
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.tools.formats import Format, write_tool
from tests.mcp.world import DOCUMENT as PETS
from tests.narrow import as_a

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from plugin_gateway.mcp.service import Offer
    from plugin_gateway.openapi.document import OperationKey

    # Where the document is, with the allow-list under an empty name and the list of each consumer.
    Choice: TypeAlias = tuple[Path | None, dict[str, list[OperationKey]]]

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
LARGEST_BYTES = 1_300_000  # larger documents take too long for each example
KEY, ANN, BEN = "sekret-7f3a9c-of-the-upstream", "t0ken-of-ann-77", "t0ken-of-ben-77"
CONFIG: dict[str, Any] = {
    "openapi": "x",
    "upstream": {
        "url": "https://api.example.com",
        "servers": "ignore",
        "credential": {"header": "X-Key", "value": {"env": "KEY"}},
    },
    "public": {"url": "https://plugin.example.com"},
    "manifest": {
        "contact_email": "a@example.com",
        "legal_info_url": "https://example.com/legal",
        "name_for_human": "Shop",
        "name_for_model": "shop",
        "description_for_human": "Orders.",
        "description_for_model": "Orders.",
    },
    "auth": {"type": "service_http", "tokens": [{"name": "ann", "value": ANN}, {"name": "ben", "value": BEN}]},
}


def sources() -> list[Any]:
    """Return the pet shop, and the real documents as one more parameter: each example draws one of them."""
    files = [path for path in sorted((CORPUS / "open").glob("*.*")) if path.name != "INDEX.tsv"]
    small = [path for path in files if path.stat().st_size <= LARGEST_BYTES]
    skipped = [] if small else [pytest.mark.skip(reason=f"no corpus of documents at {CORPUS}")]
    return [pytest.param([None], id="pets"), pytest.param(small, id="corpus", marks=skipped)]


@cache
def document_at(location: Path | None) -> Document:
    if location is None:
        return Document(root=yaml.safe_load(PETS), name="openapi.yaml")
    return read_document(str(location))


def built(choice: Choice, mode: str = "tools") -> Built:
    path, lists = choice
    document = document_at(path)
    entries = {name: [str(key) for key in keys] for name, keys in lists.items()}
    consumers = [{"name": name, "match": {"token": name}, "allow": entries[name]} for name in entries if name]
    config = CONFIG | {"mcp": {"mode": mode}, "allow": entries[""], "consumers": consumers}
    loaded = load_text(json.dumps(config), path=None, environ={"KEY": KEY})
    return Built(revision=compile_revision(loaded, document, number=1), loaded=loaded, document=document)


@st.composite
def chosen(draw: st.DrawFn, paths: list[Path | None]) -> Choice:
    """Draw the place of a document, an allow-list, and for two consumers a part of it."""
    path = draw(st.sampled_from(paths))
    allowed = draw(st.lists(st.sampled_from([*document_at(path).operations]), min_size=1, max_size=5, unique=True))
    part = st.lists(st.sampled_from(allowed), max_size=5, unique=True)
    return path, {"": allowed, "ann": draw(part), "ben": draw(part)}


def shape_of(key: OperationKey) -> Any:
    """Return the shape of an operation's requests; operations of one shape cannot be distinguished."""
    return key.method, parse_template(key.path).shape


def listed(service: Service) -> set[str]:
    """Return the names on all pages of `tools/list`."""
    names: set[str] = set()
    params: dict[str, Any] = {}
    while True:
        page = json.loads(as_a(bytes, service.answer(LATEST_LEGACY, Message(b"1", "tools/list", params))))
        names |= {tool["name"] for tool in page["tools"]}
        if "nextCursor" not in page:
            return names
        params = {"cursor": page["nextCursor"]}


def called(offer: Offer, names: Iterable[str]) -> set[str]:
    """Return the names that `tools/call` takes for a call of the API: its own name, or the id in search mode."""
    is_searched = isinstance(offer, SearchOffer)
    asked = {name: offer.resolve(*((CALL, {"id": name}) if is_searched else (name, {}))) for name in names}
    return {name for name, call in asked.items() if isinstance(call, Invocation) and call.tool.name == name}


def told(offer: SearchOffer, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    found = offer.resolve(name, arguments)
    assert isinstance(found, Result)
    members: dict[str, Any] = json.loads(b"{" + found.members + b"}")
    return members


def in_package(files: dict[str, bytes]) -> tuple[set[str], set[str]]:
    """Return the operations that the skill lists and those that it describes."""
    (skill,) = (body.decode() for path, body in files.items() if path.endswith("/SKILL.md"))
    return {*re.findall(r"(?m)^- .*: `([^`]+)`\.$", skill.partition("## The tools")[0])}, {
        *re.findall(r"(?m)^### `([^`]+)`$", skill)
    }


@pytest.mark.parametrize("paths", sources())
def test_an_operation_is_in_every_face_of_a_caller_or_in_none(paths: list[Path | None]) -> None:
    @given(choice=chosen(paths))
    def law(choice: Choice) -> None:
        whole = built(choice)
        document, revision = whole.document, whole.revision
        assert revision.mcp is not None
        every_name = {rule.operation_id for rule in revision.rules}
        every_id = {one.operation_id for one in document.operations.values() if one.operation_id} | every_name
        for name, keys in choice[1].items():
            gate, tools, access = view_of(revision, name)
            paths = json.loads(access.faces["/openapi.json"].body)["paths"]
            served = {node["operationId"] for item in paths.values() for node in item.values()}
            assert len(served) == len(keys)

            permitted = {}
            for key in document.operations:
                verdict = gate.judge(key.method.encode(), sample_path(parse_template(key.path)))
                if isinstance(verdict, Permit):
                    permitted[key] = verdict.rule.operation_id
            assert {*keys} <= {*permitted}
            assert {shape_of(key) for key in permitted} == {shape_of(key) for key in keys}
            # One path leads to all operations of one shape, and the gate gives its requests to one of them.
            assert {*permitted.values()} <= served
            assert len({*permitted.values()}) == len({shape_of(key) for key in keys})

            offer = ToolOffer(tools)
            assert listed(Service(revision.mcp, offer, is_private=True)) == served
            assert called(offer, every_id) == served
            searched = SearchOffer(tools, title="Shop", result_bytes=100_000)
            found = told(searched, SEARCH, {"query": "", "limit": MOST})["structuredContent"]["operations"]
            assert {one["id"] for one in found} == served
            described = {one for one in every_id if not told(searched, DESCRIBE, {"id": one})["isError"]}
            assert described == called(searched, every_id) == served
            for form in Format:
                written = [write_tool(tool, form) for tool in tools]
                shown = {one.get("function", one)["name"] for one in written}
                assert shown == {one if form is not Format.GEMINI or one[0].isalpha() else f"_{one}" for one in served}

    law()


@pytest.mark.parametrize("mode", ["tools", "search"])
@pytest.mark.parametrize("paths", sources())
def test_the_package_has_the_operations_of_the_document_and_the_digest_of_the_revision(
    paths: list[Path | None], mode: str
) -> None:
    @given(choice=chosen(paths))
    def law(choice: Choice) -> None:
        whole = built(choice, mode)
        candidate = candidate_of(whole)
        archive = build_package(candidate).to_zip()
        with zipfile.ZipFile(io.BytesIO(archive)) as package:
            files = {path: package.read(path) for path in package.namelist()}
        digest = whole.revision.digest
        names = {rule.operation_id for rule in whole.revision.rules}
        paths = candidate.document["paths"]
        assert {node["operationId"] for item in paths.values() for node in item.values()} == names

        mentioned, described = in_package(files)
        assert mentioned == names
        # A directory's client sees three tools in search mode, so the package describes no other.
        assert described == (names if mode == "tools" else set())
        copilot = json.loads(build_m365_package(candidate).files["ai-plugin.json"])
        assert {one["name"] for one in copilot.get("functions", ())} == described
        assert json.loads(files["plugin.json"])["extensions"]["com.example.plugin"]["revision"] == digest
        registered = json.loads(files["server.json"])["_meta"]
        assert registered["io.modelcontextprotocol.registry/publisher-provided"]["revision"] == digest
        assert not [secret for secret in (KEY, ANN, BEN) if secret.encode() in archive]

    law()


@given(chosen([None]), chosen([None]))
def test_each_change_of_a_list_gives_another_digest(one: Choice, other: Choice) -> None:
    digests = {built(choice).revision.digest for choice in (one, other)}

    (_, first), (_, second) = one, other
    is_same = all({*first[name]} == {*second[name]} for name in first)
    assert len(digests) == (1 if is_same else 2)
