"""How frameworks load the manifest."""

from dataclasses import replace

import pytest

from tests.shop import broken, shop


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("none", {}),
        ("oauth", {"llamaindex-auth": "error"}),
        ("service_http", {"llamaindex-auth": "error", "semantic-kernel-auth": "error"}),
    ],
)
def test_loaders_of_manifests_take_few_kinds_of_auth(kind: str, found: dict[str, str]) -> None:
    candidate = shop()
    assert broken(replace(candidate, manifest={**candidate.manifest, "auth": {"type": kind}})) == found
