import resource

import pytest

from plugin_gateway.proxy.fronts import listener
from plugin_gateway.proxy.fronts.listener import Listener
from tests.narrow import stand_in


@pytest.mark.parametrize(("limit", "spare"), [(1024, 976), (48, 0), (10, 0), (resource.RLIM_INFINITY, 1 << 30)])
def test_some_descriptors_are_reserved_for_the_process(monkeypatch: pytest.MonkeyPatch, limit: int, spare: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert listener.spare_descriptors() == spare


@pytest.mark.parametrize(
    ("descriptors", "upstream", "most"), [(976, 256, 720), (976, 8, 968), (200, 256, 100), (976, 900, 488), (0, 256, 1)]
)
def test_each_client_leaves_a_descriptor_for_its_connection_to_the_upstream(
    descriptors: int, upstream: int, most: int
) -> None:
    assert Listener(stand_in(None), stand_in(None), True, descriptors).most_connections(upstream) == most
