from typing import Any

import pytest

from plugin_gateway.console.handler import Handler


async def unused(*_: object) -> Any: ...


@pytest.mark.parametrize(
    ("template", "path", "found"),
    [
        ("state", "state", {}),
        ("state", "state/", None),
        ("state", "", None),
        ("state", "State", None),
        ("approvals/{id}", "approvals/a1", {"id": "a1"}),
        ("approvals/{id}", "approvals/", None),
        ("approvals/{id}", "approvals", None),
        ("approvals/{id}", "approvals/a/b", None),
    ],
)
def test_a_handler_knows_its_path(template: str, path: str, found: dict[str, str] | None) -> None:
    assert Handler(path=template, answer=unused).parameters(path) == found
