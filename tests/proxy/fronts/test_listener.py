import resource

import pytest

from plugin_gateway.proxy.fronts import listener


@pytest.mark.parametrize(("limit", "most"), [(1024, 976), (48, 1), (10, 1), (resource.RLIM_INFINITY, 1 << 30)])
def test_some_descriptors_are_reserved_for_upstream_connections_and_files(
    monkeypatch: pytest.MonkeyPatch, limit: int, most: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert listener.most_connections() == most
