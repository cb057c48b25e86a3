"""docs/login.md: its configuration and the URLs that it promises."""

import json
import re
from pathlib import Path

from clients.logins import WAYS
from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.compile import compile_revision

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "login.md").read_text()
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {"/orders": {"get": {"operationId": "listOrders", "responses": {}}}},
}


def test_the_configuration_compiles_and_the_metadata_is_where_the_page_says() -> None:
    (config,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    config += "openapi: ./o.json\nupstream: {url: https://api.example.com}\nallow: [listOrders]\n"
    config += "manifest: {contact_email: a@example.com, legal_info_url: https://example.com}\n"
    revision = compile_revision(load_text(config, path=None, environ={}), Document(root=DOCUMENT, name="o"), number=1)
    metadata = json.loads(revision.faces["/.well-known/oauth-protected-resource/mcp"].body)

    assert metadata == {
        "resource": "https://plugin.example.com/mcp",
        "bearer_methods_supported": ["header"],
        "authorization_servers": ["https://login.example.com"],
        "scopes_supported": ["orders:read", "offline_access"],
    }
    assert f"{revision.public_url}/.well-known/oauth-protected-resource/mcp" in TEXT


def test_the_page_names_every_redirect_uri_that_is_tried() -> None:
    said = re.sub(r"\{callback_id\}", "Ab3dE5", TEXT).replace(":PORT", "")
    for way in WAYS:
        assert f"`{way.redirect_uri}`" in said
        assert f"`{way.client_id}`" in said or not way.client_id
