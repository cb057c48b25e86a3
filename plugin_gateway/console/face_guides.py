"""Face guides: what a person pastes into each client so that it reaches the gateway, and what that client would say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.console.answer import shown_findings
from plugin_gateway.export import connections
from plugin_gateway.export.targets.rule import Target
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.export.candidate import Candidate

_OF_THE_CLOUD: Final = frozenset(
    {"public-url", "own-domain", "mcp-login", "chatgpt-redirect-uri", "claude-redirect-uri"}
)
"""Rules about how a client in the cloud reaches the gateway and logs in."""
_NO_MCP: Final = "The MCP endpoint is off: remove `mcp: false` from gateway.yaml."


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A text to paste. `url` is set if the text is a URL or a page shows it."""

    label: str
    language: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """One client: the steps to follow and what to paste. `targets` are those whose rules judge the gateway for it."""

    client: str
    title: str
    steps: tuple[str, ...]
    snippets: tuple[Snippet, ...]
    targets: tuple[Target, ...] = ()
    runs_here: bool = False
    """The client runs on the person's machine, so the rules for clients in the cloud do not count."""

    def members(self, found: Mapping[Target, Iterable[Finding]]) -> dict[str, Any]:
        findings = dict.fromkeys(
            one
            for target in self.targets
            for one in found.get(target, ())
            if not (self.runs_here and one.rule in _OF_THE_CLOUD)
        )
        return {
            "client": self.client,
            "title": self.title,
            "steps": list(self.steps),
            "snippets": [
                {"label": one.label, "language": one.language, "text": one.text, "url": one.url}
                for one in self.snippets
            ],
            "findings": shown_findings(findings),
        }


def guides_of(candidate: Candidate, config: Path | None) -> list[Guide]:
    """Return the guides for all clients. `config` is gateway.yaml, for clients that start the gateway themselves."""
    makers = (_chatgpt, _claude, _claude_code, _vs_code, _gemini, _codex, _any_client)
    listed = [make(candidate) for make in makers] if candidate.identity.mcp_url else [_without_mcp()]
    return [
        *listed,
        _stdio(candidate, config),
        _plugin(candidate),
        _copilot(),
        _classic(candidate),
        _documents(candidate),
    ]


def _without_mcp() -> Guide:
    return Guide(client="mcp", title="MCP clients", steps=(_NO_MCP,), snippets=())


def _chatgpt(candidate: Candidate) -> Guide:
    identity = candidate.identity
    login = (
        "Authentication: OAuth. ChatGPT finds the authorization server by itself; sign in when it asks."
        if candidate.config.auth.type == "oauth"
        else "Authentication: No authentication."
    )
    return Guide(
        client="chatgpt",
        title="ChatGPT",
        steps=(
            "In the settings of ChatGPT, open Apps & Connectors, Advanced settings, and turn on Developer mode.",
            "Choose Create, and paste the name, the description and the URL.",
            login,
            "In a chat, turn the connector on under + and Developer mode.",
        ),
        snippets=(
            Snippet(label="Name", language="text", text=identity.title),
            Snippet(label="Description", language="text", text=identity.summary),
            _url("MCP server URL", identity.mcp_url),
        ),
        targets=(Target.CHATGPT,),
    )


def _claude(candidate: Candidate) -> Guide:
    return Guide(
        client="claude",
        title="Claude, on the web and on the desktop",
        steps=(
            "In the settings of Claude, open Connectors and choose Add custom connector.",
            "Paste the name and the URL, and choose Add.",
            *(["Choose Connect, and sign in."] if candidate.config.auth.type == "oauth" else []),
        ),
        snippets=(
            Snippet(label="Name", language="text", text=candidate.identity.title),
            _url("Remote MCP server URL", candidate.identity.mcp_url),
        ),
        targets=(Target.CLAUDE,),
    )


def _claude_code(candidate: Candidate) -> Guide:
    identity = candidate.identity
    command = f"claude mcp add --transport http {quote(identity.name)} {quote(identity.mcp_url)}"
    if scheme := connections.token_scheme(candidate.config.auth):
        command += f' --header "Authorization: {scheme} ${connections.token_variable(identity)}"'
    return Guide(
        client="claude-code",
        title="Claude Code",
        steps=(
            *_token_first(candidate),
            "Run the command in the folder of your project.",
            *(["Run `/mcp` in Claude Code, and sign in."] if candidate.config.auth.type == "oauth" else []),
        ),
        snippets=(
            Snippet(label="Command", language="shell", text=command),
            Snippet(label=".mcp.json", language="json", text=_json(_claude_project(candidate))),
        ),
        targets=(Target.CLAUDE,),
        runs_here=True,
    )


def _claude_project(candidate: Candidate) -> dict[str, Any]:
    """Return `.mcp.json` of a project, which reads the token from the environment: only a plugin has a `userConfig`."""
    server: dict[str, Any] = {"type": "http", "url": candidate.identity.mcp_url}
    if scheme := connections.token_scheme(candidate.config.auth):
        variable = connections.token_variable(candidate.identity)
        server["headers"] = {"Authorization": f"{scheme} ${{{variable}}}"}
    return {"mcpServers": {candidate.identity.name: server}}


def _vs_code(candidate: Candidate) -> Guide:
    identity = candidate.identity
    snippets = [Snippet(label=".vscode/mcp.json", language="json", text=_json(connections.vs_code(candidate)))]
    if not connections.token_scheme(candidate.config.auth):
        entry = json.dumps({"name": identity.name, "type": "http", "url": identity.mcp_url}, ensure_ascii=False)
        snippets.append(Snippet(label="Command", language="shell", text=f"code --add-mcp {quote(entry)}"))
    return Guide(
        client="vscode",
        title="Visual Studio Code",
        steps=(
            "Write the file in your workspace, or run the command, which writes it to your profile.",
            "Start the server above its entry in the file. VS Code asks for a token, if one is needed.",
        ),
        snippets=tuple(snippets),
    )


def _gemini(candidate: Candidate) -> Guide:
    identity = candidate.identity
    server: dict[str, Any] = {"httpUrl": identity.mcp_url}
    command = f"gemini mcp add --transport http {quote(identity.name)} {quote(identity.mcp_url)}"
    if scheme := connections.token_scheme(candidate.config.auth):
        variable = connections.token_variable(identity)
        server["headers"] = {"Authorization": f"{scheme} ${variable}"}
        # The shell must not write the token into the settings; Gemini CLI reads the variable there.
        command += f" --header 'Authorization: {scheme} ${variable}'"
    return Guide(
        client="gemini",
        title="Gemini CLI",
        steps=(
            *_token_first(candidate),
            "Run the command, or write the lines to ~/.gemini/settings.json.",
            "Run `/mcp` in Gemini CLI to see the tools.",
        ),
        snippets=(
            Snippet(label="Command", language="shell", text=command),
            Snippet(
                label="~/.gemini/settings.json", language="json", text=_json({"mcpServers": {identity.name: server}})
            ),
        ),
    )


def _codex(candidate: Candidate) -> Guide:
    identity = candidate.identity
    scheme, variable = connections.token_scheme(candidate.config.auth), connections.token_variable(identity)
    command = f"codex mcp add {quote(identity.name)} --url {quote(identity.mcp_url)}"
    lines = [f"[mcp_servers.{identity.name}]" if _is_bare(identity.name) else f"[mcp_servers.{_json(identity.name)}]"]
    lines.append(f"url = {json.dumps(identity.mcp_url)}")
    if scheme == "Bearer":
        command += f" --bearer-token-env-var {variable}"
        lines.append(f'bearer_token_env_var = "{variable}"')
    elif scheme:
        lines.append(f'env_http_headers = {{ Authorization = "{variable}" }}')
    snippets = [Snippet(label="~/.codex/config.toml", language="toml", text="\n".join(lines) + "\n")]
    if scheme in ("", "Bearer"):
        snippets.insert(0, Snippet(label="Command", language="shell", text=command))
    oauth = [f"Run `codex mcp login {identity.name}`, and sign in."] if candidate.config.auth.type == "oauth" else []
    return Guide(
        client="codex",
        title="Codex",
        steps=(*_token_first(candidate), "Run the command, or write the lines to ~/.codex/config.toml.", *oauth),
        snippets=tuple(snippets),
    )


def _any_client(candidate: Candidate) -> Guide:
    identity = candidate.identity
    return Guide(
        client="mcp",
        title="Another MCP client",
        steps=("Give the client the URL; the transport is Streamable HTTP.", *_token_first(candidate)),
        snippets=(
            _url("MCP endpoint", identity.mcp_url),
            Snippet(label="mcp.json", language="json", text=_json(connections.agent_plugins(identity))),
            Snippet(
                label="Inspector",
                language="shell",
                text=f"npx @modelcontextprotocol/inspector --cli {quote(identity.mcp_url)} --transport http --method tools/list",
            ),
            _url("Server card", identity.mcp_url + "/server-card"),
        ),
    )


def _stdio(candidate: Candidate, config: Path | None) -> Guide:
    path = str(config.absolute()) if config is not None else "/path/to/gateway.yaml"
    server = {"command": "plugin-gateway", "args": ["mcp", "-c", path]}
    name = candidate.identity.name
    return Guide(
        client="stdio",
        title="A desktop client on the machine of gateway.yaml",
        steps=(
            "The client starts `plugin-gateway mcp` itself and needs no port.",
            "Give it the environment variables that gateway.yaml reads secrets from.",
        ),
        snippets=(
            Snippet(label="claude_desktop_config.json", language="json", text=_json({"mcpServers": {name: server}})),
            Snippet(
                label="Claude Code",
                language="shell",
                text=f"claude mcp add {quote(name)} -- plugin-gateway mcp -c {quote(path)}",
            ),
        ),
    )


def _plugin(candidate: Candidate) -> Guide:
    name = candidate.identity.name
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
        targets=(Target.OPENAI_PLUGIN,),
    )


def _copilot() -> Guide:
    return Guide(
        client="m365",
        title="Microsoft 365 Copilot",
        steps=("Write the package, and upload it in the Microsoft 365 admin centre or with the Agents Toolkit.",),
        snippets=(Snippet(label="Package", language="shell", text="plugin-gateway plugin --target m365 -o m365.zip"),),
        targets=(Target.M365,),
    )


def _classic(candidate: Candidate) -> Guide:
    base = candidate.identity.public_url
    return Guide(
        client="ai-plugin",
        title="The plugin form of 2023, and GPT Actions",
        steps=(
            "A client of the plugin form finds the manifest under the gateway's host.",
            "In the editor of a GPT, choose Create new action and Import from URL.",
        ),
        snippets=(
            _url("Manifest", base + MANIFEST_PATH),
            _url("GPT Actions", f"{base}{DOCUMENT_PATH}?profile=gpt-actions"),
        ),
        targets=(Target.PLUGIN_V1,),
    )


def _documents(candidate: Candidate) -> Guide:
    base = candidate.identity.public_url
    return Guide(
        client="openapi",
        title="Frameworks that read OpenAPI: LangChain, LlamaIndex, Semantic Kernel, Haystack, ADK",
        steps=("Give the framework the URL of the document that suits it.",),
        snippets=(
            _url("The document", base + DOCUMENT_PATH),
            _url("In OpenAPI 3.0", f"{base}{DOCUMENT_PATH}?profile=3.0"),
            _url("Without the contents of answers", f"{base}{DOCUMENT_PATH}?profile=lean"),
        ),
        targets=(Target.LANGCHAIN, Target.LLAMAINDEX, Target.SEMANTIC_KERNEL, Target.HAYSTACK, Target.ADK),
    )


def _token_first(candidate: Candidate) -> tuple[str, ...]:
    scheme = connections.token_scheme(candidate.config.auth)
    if not scheme:
        return ()
    variable = connections.token_variable(candidate.identity)
    what = "a token of the gateway" if scheme == "Bearer" else "user:password, in base64,"
    return (f"Put {what} into the environment variable {variable}.",)


def _url(label: str, url: str) -> Snippet:
    return Snippet(label=label, language="text", text=url, url=url)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _is_bare(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()
