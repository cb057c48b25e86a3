"""The plugin package."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from plugin_gateway.export.package import build_package
from tests.export.platforms.test_server import TOKENS
from tests.shop import ENVIRON, shop

SCHEMAS = Path(__file__).parent / "schemas"
# Our own compact schema, after the parts of the registry's schema of 2025-12-11 (modelcontextprotocol/registry) for a remote server.
REGISTRY_SCHEMA = {
    "type": "object",
    "required": ["$schema", "name", "description", "version", "remotes"],
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "pattern": "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", "minLength": 3, "maxLength": 200},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": {"type": "string", "maxLength": 255, "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+"},
        "websiteUrl": {"type": "string", "format": "uri"},
        "repository": {"type": "object", "required": ["url", "source"]},
        "icons": {"items": {"required": ["src"], "properties": {"src": {"pattern": "^https://", "maxLength": 255}}}},
        "remotes": {
            "items": {
                "required": ["type", "url"],
                "properties": {
                    "type": {"enum": ["streamable-http", "sse"]},
                    "url": {"pattern": "^https?://[^\\s]+$"},
                    "headers": {"items": {"required": ["name"]}},
                },
                "additionalProperties": False,
            }
        },
        "_meta": {"type": "object"},
    },
    "additionalProperties": False,
}
COMMON = ["name", "version", "description", "author", "homepage", "keywords"]


def files(*arguments: Any, **more: Any) -> Mapping[str, bytes]:
    return build_package(shop(*arguments, **more)).files


def read(package: Mapping[str, bytes], path: str) -> Any:
    return json.loads(package[path])


def test_the_package_has_a_file_for_each_kind_of_client() -> None:
    assert sorted(files()) == [
        ".claude-plugin/mcp.json",
        ".claude-plugin/plugin.json",
        ".codex-plugin/plugin.json",
        ".mcp.json",
        ".vscode/mcp.json",
        "assets/logo.png",
        "gemini-extension.json",
        "mcp.json",
        "plugin.json",
        "server.json",
        "skills/shop-orders/SKILL.md",
    ]


@pytest.mark.parametrize("plugin", [{}, None, {"repository": "https://github.com/me/shop", "license": "MIT"}])
@pytest.mark.parametrize("auth", [None, TOKENS])
def test_manifests_are_valid(plugin: dict[str, Any] | None, auth: dict[str, Any] | None) -> None:
    """`plugin.json` and `mcp.json` fit the schemas of their specification. `server.json` fits only our own compact schema."""
    package = files({"plugin": plugin, "auth": auth})
    for name in ("plugin", "mcp"):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(read(package, f"{name}.json"))
    jsonschema.Draft202012Validator(REGISTRY_SCHEMA).validate(read(package, "server.json"))


def test_the_manifests_have_the_same_names_and_texts() -> None:
    package = files()
    manifests = [read(package, f"{folder}plugin.json") for folder in ("", ".codex-plugin/", ".claude-plugin/")]
    for key in COMMON:
        assert manifests[0][key] == manifests[1][key] == manifests[2][key], key
    assert manifests[0]["author"] == {
        "name": "Example Inc.",
        "email": "api@example.com",
        "url": "https://www.example.com",
    }
    assert manifests[0]["keywords"] == ["orders"]
    assert manifests[0]["extensions"]["com.openai"]["interface"] == manifests[1]["interface"]


def test_each_manifest_refers_to_files_of_the_package() -> None:
    package = files()
    codex, claude = read(package, ".codex-plugin/plugin.json"), read(package, ".claude-plugin/plugin.json")
    for path in (
        codex["mcpServers"],
        claude["mcpServers"],
        codex["interface"]["logo"],
        codex["interface"]["composerIcon"],
    ):
        assert path.removeprefix("./") in package
    [server] = read(package, codex["mcpServers"].removeprefix("./"))["mcpServers"].values()
    assert "type" not in server
    [server] = read(package, claude["mcpServers"].removeprefix("./"))["mcpServers"].values()
    assert server["type"] == "http"


def test_reviewers_of_codex_plugins_get_the_cases_too() -> None:
    said = read(files(), ".codex-plugin/plugin.json")["extensions"]["com.openai"]
    assert set(said) == {"review", "publication"}
    assert "extensions" not in read(files({"plugin": None}), ".codex-plugin/plugin.json")


def test_the_registry_entry_asks_clients_for_a_token() -> None:
    [remote] = read(files({"auth": TOKENS}), "server.json")["remotes"]
    assert remote["headers"][0]["value"] == "Bearer {token}"
    [remote] = read(files(), "server.json")["remotes"]
    assert "headers" not in remote


def test_a_member_without_a_value_is_left_out() -> None:
    document = {"info": {"contact": {"name": None}}, "tags": [{"name": "!"}, {"name": "Orders & more"}]}
    manifest = read(files({"plugin": None}, document), "plugin.json")
    assert {"author", "homepage", "license", "repository"}.isdisjoint(manifest)
    bare = read(files({"plugin": {"website": None}}), "plugin.json")
    assert set(bare["author"]) == {"name", "email"}


def test_claude_asks_for_a_token_where_one_is_needed() -> None:
    assert read(files({"auth": TOKENS}), ".claude-plugin/plugin.json")["userConfig"]["token"]["sensitive"] is True
    assert "userConfig" not in read(files(), ".claude-plugin/plugin.json")


def test_the_revision_is_named_under_the_namespace_of_the_host() -> None:
    candidate = shop()
    package = build_package(candidate).files
    assert read(package, "plugin.json")["extensions"]["com.example.shop"] == {"revision": candidate.digest}
    assert candidate.digest in package["server.json"].decode()


def test_a_change_of_the_allow_list_changes_tools_digest_and_skill_together() -> None:
    before, after = shop(), shop({"allow": ["list_orders"], "plugin": {"cases": None}})
    assert before.digest != after.digest
    skill = build_package(after).files["skills/shop-orders/SKILL.md"].decode()
    assert "cancel_order" not in skill
    assert after.digest in skill


def test_no_secret_is_in_the_package() -> None:
    archive = build_package(shop({"auth": TOKENS})).to_zip()
    assert not [secret for secret in ENVIRON.values() if secret.encode() in archive]
    # The token proves the domain, and is served there; reviewers of other directories need not see it.
    assert b"token-of-openai" not in archive


def test_the_same_config_document_and_images_give_the_same_bytes() -> None:
    one, other = build_package(shop()).to_zip(), build_package(shop()).to_zip()
    assert one == other


def test_the_archive_has_the_files_in_order_with_a_fixed_time() -> None:
    package = build_package(shop())
    with zipfile.ZipFile(io.BytesIO(package.to_zip())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(package.files)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert {path: archive.read(path) for path in archive.namelist()} == package.files


@pytest.mark.parametrize(
    ("url", "source"),
    [("https://github.com/me/shop", "github"), ("https://gitlab.com/me/shop", "gitlab"), ("https://git.example", None)],
)
def test_the_registry_knows_the_forges(url: str, source: str | None) -> None:
    entry = read(files({"plugin": {"repository": url}}), "server.json")
    assert entry.get("repository") == ({"url": url, "source": source} if source else None)
