"""The submission form of ChatGPT apps: the file that fills it out, with a sentence for each hint of each tool.

OpenAI's pages disagree about whether the directory still wants these sentences (2026-09-30). The form takes the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.export.listing import MAX_DESCRIPTION
from plugin_gateway.export.package import Package
from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from plugin_gateway.config.plugin import ReviewCase
    from plugin_gateway.export.candidate import Candidate, ShownTool
    from plugin_gateway.openapi.document import JsonObject

FILE: Final = "chatgpt-app-submission.json"
_SCHEMA: Final = "https://developers.openai.com/apps-sdk/schemas/chatgpt-app-submission.v1.json"
_HINTS: Final = ("readOnlyHint", "openWorldHint", "destructiveHint")
# The form has other categories than the directory. A category of the directory without a clear counterpart is left out.
_CATEGORIES: Final = {
    "Productivity": "PRODUCTIVITY", "Creativity": "DESIGN", "Developer Tools": "DEVELOPER_TOOLS",
    "Business & Operations": "BUSINESS", "Communication": "COLLABORATION", "Education & Research": "EDUCATION",
    "Finance": "FINANCE", "Travel": "TRAVEL", "Entertainment": "ENTERTAINMENT",
}  # fmt: skip


def build_app_submission(candidate: Candidate) -> Package:
    """Build the file. Its sentences are drafts from the methods and the hints; a person should read them."""
    return Package(files={FILE: to_json(app_submission(candidate), indent=True)})


def app_submission(candidate: Candidate) -> JsonObject:
    """Build the form's content. A part that only a person can write is absent until gateway.yaml has it."""
    plugin = candidate.config.plugin
    app = {
        "display_name": candidate.server_info.title,
        "subtitle": plugin.subtitle,
        "description": shorten(candidate.description, MAX_DESCRIPTION),
        "category": _CATEGORIES.get(plugin.category or ""),
    }
    members: JsonObject = {
        "$schema": _SCHEMA,
        "schema_version": 1,
        "app_info": {name: value for name, value in app.items() if value},
        "tools": {tool.name: _tool(tool, candidate.server_info.title) for tool in candidate.tools},
    }
    if plugin.cases:
        members["test_cases"] = [_case(case) for case in plugin.cases]
    if plugin.refusals:
        members["negative_test_cases"] = [_case(case) for case in plugin.refusals]
    return members


def _tool(tool: ShownTool, service: str) -> JsonObject:
    call = f"a {tool.method} of {tool.path.partition('?')[0]}"
    if tool.reads_only:
        read_only = f"Sends {call}, which returns data of {service} and creates, changes and deletes nothing."
    else:
        read_only = f"Sends {call}, which changes data of {service}."
    if tool.hints.get("openWorldHint") is True:
        open_world = f"Sends {call}, which reaches targets outside of {service}."
    else:
        open_world = f"Reaches only {service} through its own API, and publishes nothing elsewhere."
    if tool.hints.get("destructiveHint") is True:
        destructive = f"Sends {call}, which may delete, overwrite or cancel data, or send something for good."
    else:
        destructive = f"Sends {call}, which deletes, overwrites and cancels nothing."
    return {
        "annotations": {hint: tool.hints[hint] for hint in _HINTS if hint in tool.hints},
        "justifications": {
            "read_only_justification": read_only,
            "open_world_justification": open_world,
            "destructive_justification": destructive,
        },
    }


def _case(case: ReviewCase) -> JsonObject:
    not_called = "The app is not called, because it has no tool for this request."
    return {
        "description": case.description or case.prompt,
        "user_prompt": case.prompt,
        "file_attachment_urls": None,
        "tools_triggered": ", ".join(case.tools) or None,
        "expected_output": case.expect or ("" if case.tools else not_called),
        "expected_output_url": None,
    }
