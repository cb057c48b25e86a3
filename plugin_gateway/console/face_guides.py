"""The face guides: how a person connects each client to the face of the gateway that it reads."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from plugin_gateway.console.guide import Guide, Snippet, url_snippet
from plugin_gateway.console.mcp_guides import mcp_guides
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.export.candidate import Candidate


def guides_of(candidate: Candidate, config: Path | None) -> list[Guide]:
    """Return the guides for all clients. `config` is gateway.yaml, for clients that start the gateway themselves."""
    return [
        *mcp_guides(candidate, config),
        _plugin(candidate),
        _copilot(),
        _classic(candidate),
        _documents(candidate),
    ]


def _plugin(candidate: Candidate) -> Guide:
    name = candidate.server_info.name
    return Guide(
        client="plugin",
        title="The plugin: OpenAI's directory, Codex, Claude Code, Gemini CLI",
        steps=(
            "Write the package beside gateway.yaml.",
            "Upload the archive in OpenAI's portal, or install the folder in a client.",
        ),
        snippets=(
            Snippet(label="Archive", language="shell", text=f"plugin-gateway plugin -o {quote(name)}.zip"),
            Snippet(label="Folder", language="shell", text=f"plugin-gateway plugin -o {quote(name)}"),
            Snippet(label="Claude Code", language="shell", text=f"claude --plugin-dir {quote(name)}"),
            Snippet(label="Gemini CLI", language="shell", text=f"gemini extensions install ./{quote(name)}"),
        ),
        platforms=(Platform.OPENAI_PLUGIN,),
    )


def _copilot() -> Guide:
    return Guide(
        client="m365",
        title="Microsoft 365 Copilot",
        steps=("Write the package, and upload it in the Microsoft 365 admin centre or with the Agents Toolkit.",),
        snippets=(Snippet(label="Package", language="shell", text="plugin-gateway plugin --target m365 -o m365.zip"),),
        platforms=(Platform.M365,),
    )


def _classic(candidate: Candidate) -> Guide:
    base = candidate.server_info.public_url
    return Guide(
        client="ai-plugin",
        title="The plugin form of 2023, and GPT Actions",
        steps=(
            "A client of the plugin form finds the manifest under the gateway's host.",
            "In the editor of a GPT, choose Create new action and Import from URL.",
        ),
        snippets=(
            url_snippet("Manifest", base + MANIFEST_PATH),
            url_snippet("GPT Actions", f"{base}{DOCUMENT_PATH}?profile=gpt-actions"),
        ),
        platforms=(Platform.PLUGIN_V1,),
    )


def _documents(candidate: Candidate) -> Guide:
    base = candidate.server_info.public_url
    return Guide(
        client="openapi",
        title="Frameworks that read OpenAPI: LangChain, LlamaIndex, Semantic Kernel, Haystack, ADK",
        steps=("Give the framework the URL of the document that suits it.",),
        snippets=(
            url_snippet("The document", base + DOCUMENT_PATH),
            url_snippet("In OpenAPI 3.0", f"{base}{DOCUMENT_PATH}?profile=3.0"),
            url_snippet("Without the contents of answers", f"{base}{DOCUMENT_PATH}?profile=lean"),
        ),
        platforms=(Platform.LANGCHAIN, Platform.LLAMAINDEX, Platform.SEMANTIC_KERNEL, Platform.HAYSTACK, Platform.ADK),
    )
