"""Packages made from real documents: they name the operations that the gateway serves and lists, under one digest."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.load import load_text
from plugin_gateway.export.m365 import build_m365_package
from plugin_gateway.export.package import build_package
from plugin_gateway.export.platforms.judge import judge
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.reports.exporting import candidate_of
from plugin_gateway.revision.build import Built
from plugin_gateway.revision.compile import compile_revision

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
NAMES = ("zoom.json", "discord.json", "slack_v2.json", "box.json", "spotify.yml")
KEY = "sekret-7f3a9c-of-the-upstream"
CONFIG = """
openapi: x
upstream: {url: "https://api.example.com", servers: ignore, credential: {header: X-Key, value: {env: KEY}}}
public: {url: "https://plugin.example.com"}
manifest: {contact_email: a@example.com, legal_info_url: "https://example.com/legal", name_for_human: Shop, name_for_model: shop,
           description_for_human: Orders., description_for_model: Orders.}
allow: """

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of documents, ../shared/corpus, is not here")


@pytest.fixture(scope="module")
def documents() -> Any:
    return {name: read_document(str(CORPUS / "open" / name)) for name in NAMES}


def exported(document: Any, keys: Any) -> Any:
    loaded = load_text(CONFIG + json.dumps([str(key) for key in keys]), path=None, environ={"KEY": KEY})
    built = Built(revision=compile_revision(loaded, document, number=1), loaded=loaded, document=document)
    return built.revision, candidate_of(built)


@given(data=st.data())
def test_document_tools_skill_and_packages_name_the_same_operations_under_one_digest(documents: Any, data: Any) -> None:
    document = documents[data.draw(st.sampled_from(NAMES))]
    keys = data.draw(st.lists(st.sampled_from([*document.operations]), min_size=1, max_size=6, unique=True))
    revision, candidate = exported(document, keys)
    archive = build_package(candidate).to_zip()
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        skill = package.read(f"skills/{candidate.server_info.name}/SKILL.md").decode()
        manifest = json.loads(package.read("plugin.json"))
    copilot = json.loads(build_m365_package(candidate).files["ai-plugin.json"])

    served = {node["operationId"] for item in candidate.document["paths"].values() for node in item.values()}
    assert len(served) == len(keys)
    assert {rule.operation_id for rule in revision.rules} == served
    assert {tool.name for tool in revision.tools} == served
    assert {*re.findall(r"^### `([^`]+)`$", skill, re.MULTILINE)} == served
    assert {function["name"] for function in copilot["functions"]} == served
    assert manifest["extensions"]["com.example.plugin"]["revision"] == revision.digest
    assert KEY.encode() not in archive


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_can_be_judged(documents: Any, name: Any) -> None:
    document = documents[name]
    _, candidate = exported(document, [*document.operations][:40])
    for finding in judge(candidate, set(Platform)):
        assert finding.message
        assert finding.hint
        assert finding.source
