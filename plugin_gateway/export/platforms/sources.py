"""The sources: the pages, and the runs of clients, on which several rules rest, each with the date or version that was read."""

from __future__ import annotations

from typing import Final

SUBMISSION: Final = "OpenAI, plugins/deploy/submission (read 2026-09-30)"
REVIEW: Final = "OpenAI, plugins/deploy/app-review (read 2026-09-30)"
GUIDELINES: Final = "OpenAI, plugins/plugin-guidelines (read 2026-09-30)"
REFERENCE: Final = "OpenAI, plugins/reference (read 2026-09-30)"
CLAUDE_REVIEW: Final = "Claude, connectors/building/review-criteria (read 2026-05)"
COPILOT_MANIFEST: Final = "Microsoft, plugin-manifest-2.4 (2026-07)"
SURVEY: Final = "a survey of 2026-09-29"

RUN: Final = "docs/clients.md: tried with"
SEMANTIC_KERNEL: Final = "semantic-kernel 1.45 and 0.9.6b1"
LLAMAINDEX: Final = "llama-index-tools-chatgpt-plugin 0.6.0"
