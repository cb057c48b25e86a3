from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.revision.appraisal import Appraisal, appraise
from plugin_gateway.revision.build import Built, build, load_config

LONG = "A text that goes on and on. " * 20
DOCUMENT = f"""\
openapi: 3.1.0
info: {{title: Issues, version: "1"}}
paths:
  /issues:
    get:
      operationId: listIssues
      tags: [issues]
      description: {LONG}
      responses: {{"200": {{description: ok, content: {{application/json: {{schema: {{type: array, items: {{$ref: "#/components/schemas/Issue"}}}}}}}}}}}}
    post:
      operationId: addIssue
      tags: [issues]
      summary: Add
      responses: {{"204": {{description: ok}}}}
components:
  schemas:
    Issue:
      type: object
      properties:
        id: {{type: integer}}
        title: {{type: string}}
        state: {{enum: [open, closed]}}
        body: {{type: string}}
        hash_a: {{type: string}}
        events_url: {{type: string, format: uri}}
        forks_url: {{type: string, format: uri}}
        keys_url: {{type: string, format: uri}}
"""
HEAD = 'overlay: 1.1.0\ninfo: {title: T, version: "1"}\nactions:\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "short.yaml").write_text(HEAD + "- {target: $.paths.*.get.description, update: Short.}")
    (tmp_path / "renamed.yaml").write_text(HEAD + "- {target: $.paths.*.get.operationId, update: issues}")
    return tmp_path


def appraised(folder: Path, allow: str, overlays: str = "[]") -> dict[str, Appraisal]:
    return {str(one.key): one for one in appraise(built(folder, allow, overlays))}


def built(folder: Path, allow: str, overlays: str = "[]") -> Built:
    config = f"openapi: {{source: openapi.yaml, overlays: {overlays}}}\nupstream: {{url: http://h}}\nallow: {allow}\n"
    (folder / "gateway.yaml").write_text(config)
    return build(load_config(folder / "gateway.yaml", environ={}))


def test_an_operation_is_appraised_with_its_costs_doubts_and_proposal(folder: Path) -> None:
    one = appraised(folder, "[listIssues]")["GET /issues"]

    assert one.operation_id == "listIssues"
    assert one.tool.before == one.tool.after
    assert [doubt.kind for doubt in one.doubts] == ["long-text"]
    assert one.keep == ("/*/id", "/*/title", "/*/state")
    assert one.reply_kept is not None
    assert one.reply.after is not None
    assert one.reply_kept < one.reply.after / 3


def test_a_reply_that_is_not_json_has_no_cost(folder: Path) -> None:
    one = appraised(folder, "[addIssue]")["POST /issues"]

    assert (one.reply.after, one.keep, one.reply_kept) == (None, (), None)
    assert "no-consequential" in [doubt.kind for doubt in one.doubts]


@pytest.mark.parametrize(
    ("allow", "overlays"), [("[listIssues]", "[short.yaml]"), ("[{operation: listIssues, description: Short.}]", "[]")]
)
def test_a_shortened_text_is_compared_with_the_text_of_the_api(folder: Path, allow: str, overlays: str) -> None:
    one = appraised(folder, allow, overlays)["GET /issues"]

    assert one.tool.before is not None
    assert one.tool.after is not None
    assert one.tool.before - one.tool.after > 50


def test_without_a_gateway_to_compare_with_an_appraisal_has_only_the_costs(folder: Path) -> None:
    one = appraised(folder, "[issues]", "[renamed.yaml]")["GET /issues"]

    assert one.tool.before is None
    assert one.tool.after is not None


def test_each_operation_of_a_group_is_appraised_by_its_own_name(folder: Path) -> None:
    config = "openapi: openapi.yaml\nupstream: {url: http://h}\nallow: [{tag: issues}]\n"
    (folder / "gateway.yaml").write_text(config)
    assert run(["lock", "-c", str(folder / "gateway.yaml")]) == 0

    found = appraised(folder, "[{tag: issues}]")

    assert list(found) == ["GET /issues", "POST /issues"]
    assert found["GET /issues"].entry.operation is None
