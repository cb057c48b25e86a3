"""The allow-list of a text of gateway.yaml, as the edits take it."""

from __future__ import annotations

from plugin_gateway.edit.layout import Layout, TextPart


def allow_list(text: str) -> tuple[Layout, TextPart]:
    layout = Layout(text)
    part = layout.at(("allow",))
    assert part is not None
    return layout, part
