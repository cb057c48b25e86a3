"""The MCP guides: how each client of the MCP endpoint is connected."""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.console.guide import Guide, Snippet, pretty, url_snippet
from plugin_gateway.export import connections
from plugin_gateway.export.platforms.rule import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.export.candidate import Candidate

_NO_MCP: Final = "The MCP endpoint is off: remove `mcp: false` from gateway.yaml."


def mcp_guides(candidate: Candidate, config: Path | None) -> list[Guide]:
    """Return the guides. `config` is gateway.yaml, for clients that start the gateway themselves."""
    makers = (_chatgpt, _claude, _claude_code, _vs_code, _gemini, _codex, _any_client)
    remote = [make(candidate) for make in makers] if candidate.server_info.mcp_url else [_without_mcp()]
    return [*remote, _stdio(candidate, config)]


def _without_mcp() -> Guide:
    return Guide(client="mcp", title="MCP clients", steps=(_NO_MCP,), snippets=())


def _chatgpt(candidate: Candidate) -> Guide:
    server_info = candidate.server_info
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
            Snippet(label="Name", language="text", text=server_info.title),
            Snippet(label="Description", language="text", text=server_info.summary),
            url_snippet("MCP server URL", server_info.mcp_url),
        ),
        platforms=(Platform.CHATGPT,),
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
            Snippet(label="Name", language="text", text=candidate.server_info.title),
            url_snippet("Remote MCP server URL", candidate.server_info.mcp_url),
        ),
        platforms=(Platform.CLAUDE,),
    )


def _claude_code(candidate: Candidate) -> Guide:
    server_info = candidate.server_info
    command = f"claude mcp add --transport http {quote(server_info.name)} {quote(server_info.mcp_url)}"
    if scheme := connections.token_scheme(candidate.config.auth):
        command += f' --header "Authorization: {scheme} ${connections.token_variable(server_info)}"'
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
            Snippet(label=".mcp.json", language="json", text=pretty(_claude_project(candidate))),
        ),
        platforms=(Platform.CLAUDE,),
        runs_here=True,
    )


def _claude_project(candidate: Candidate) -> dict[str, Any]:
    """Return `.mcp.json` of a project, which reads the token from the environment: only a plugin has a `userConfig`."""
    server: dict[str, Any] = {"type": "http", "url": candidate.server_info.mcp_url}
    if scheme := connections.token_scheme(candidate.config.auth):
        variable = connections.token_variable(candidate.server_info)
        server["headers"] = {"Authorization": f"{scheme} ${{{variable}}}"}
    return {"mcpServers": {candidate.server_info.name: server}}


def _vs_code(candidate: Candidate) -> Guide:
    server_info = candidate.server_info
    snippets = [Snippet(label=".vscode/mcp.json", language="json", text=pretty(connections.vs_code(candidate)))]
    if not connections.token_scheme(candidate.config.auth):
        entry = json.dumps({"name": server_info.name, "type": "http", "url": server_info.mcp_url}, ensure_ascii=False)
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
    server_info = candidate.server_info
    server: dict[str, Any] = {"httpUrl": server_info.mcp_url}
    command = f"gemini mcp add --transport http {quote(server_info.name)} {quote(server_info.mcp_url)}"
    if scheme := connections.token_scheme(candidate.config.auth):
        variable = connections.token_variable(server_info)
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
                label="~/.gemini/settings.json",
                language="json",
                text=pretty({"mcpServers": {server_info.name: server}}),
            ),
        ),
    )


def _codex(candidate: Candidate) -> Guide:
    server_info = candidate.server_info
    scheme, variable = connections.token_scheme(candidate.config.auth), connections.token_variable(server_info)
    command = f"codex mcp add {quote(server_info.name)} --url {quote(server_info.mcp_url)}"
    lines = [
        f"[mcp_servers.{server_info.name}]"
        if _is_bare(server_info.name)
        else f"[mcp_servers.{pretty(server_info.name)}]"
    ]
    lines.append(f"url = {json.dumps(server_info.mcp_url)}")
    if scheme == "Bearer":
        command += f" --bearer-token-env-var {variable}"
        lines.append(f'bearer_token_env_var = "{variable}"')
    elif scheme:
        lines.append(f'env_http_headers = {{ Authorization = "{variable}" }}')
    snippets = [Snippet(label="~/.codex/config.toml", language="toml", text="\n".join(lines) + "\n")]
    if scheme in ("", "Bearer"):
        snippets.insert(0, Snippet(label="Command", language="shell", text=command))
    oauth = [f"Run `codex mcp login {server_info.name}`, and sign in."] if candidate.config.auth.type == "oauth" else []
    return Guide(
        client="codex",
        title="Codex",
        steps=(*_token_first(candidate), "Run the command, or write the lines to ~/.codex/config.toml.", *oauth),
        snippets=tuple(snippets),
    )


def _any_client(candidate: Candidate) -> Guide:
    server_info = candidate.server_info
    return Guide(
        client="mcp",
        title="Another MCP client",
        steps=("Give the client the URL; the transport is Streamable HTTP.", *_token_first(candidate)),
        snippets=(
            url_snippet("MCP endpoint", server_info.mcp_url),
            Snippet(label="mcp.json", language="json", text=pretty(connections.agent_plugins(server_info))),
            Snippet(
                label="Inspector",
                language="shell",
                text=f"npx @modelcontextprotocol/inspector --cli {quote(server_info.mcp_url)} --transport http --method tools/list",
            ),
            url_snippet("Server card", server_info.mcp_url + "/server-card"),
        ),
    )


def _stdio(candidate: Candidate, config: Path | None) -> Guide:
    path = str(config.absolute()) if config is not None else "/path/to/gateway.yaml"
    server = {"command": "plugin-gateway", "args": ["mcp", "-c", path]}
    name = candidate.server_info.name
    return Guide(
        client="stdio",
        title="A desktop client on the machine of gateway.yaml",
        steps=(
            "The client starts `plugin-gateway mcp` itself and needs no port.",
            "Give it the environment variables that gateway.yaml reads secrets from.",
        ),
        snippets=(
            Snippet(label="claude_desktop_config.json", language="json", text=pretty({"mcpServers": {name: server}})),
            Snippet(
                label="Claude Code",
                language="shell",
                text=f"claude mcp add {quote(name)} -- plugin-gateway mcp -c {quote(path)}",
            ),
        ),
    )


def _token_first(candidate: Candidate) -> tuple[str, ...]:
    scheme = connections.token_scheme(candidate.config.auth)
    if not scheme:
        return ()
    variable = connections.token_variable(candidate.server_info)
    what = "a token of the gateway" if scheme == "Bearer" else "user:password, in base64,"
    return (f"Put {what} into the environment variable {variable}.",)


def _is_bare(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()
