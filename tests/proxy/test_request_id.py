from itertools import islice

from plugin_gateway.proxy.request_id import _ids
from plugin_gateway.proxy.wire import REQUEST_ID


def test_ids_of_a_worker_differ_and_can_go_into_a_field() -> None:
    ids = list(islice(_ids("w"), 1000))
    assert len(set(ids)) == 1000
    assert all(REQUEST_ID.fullmatch(one) for one in ids)
