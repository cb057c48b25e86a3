"""How frameworks load the manifest."""

import pytest
from msgspec.structs import replace

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
