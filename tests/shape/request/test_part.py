import pickle

from plugin_gateway.shape.request.part import Part


def test_a_part_that_only_sends_something_has_no_name_for_clients() -> None:
    part = Part("query", "", added=b"a=1", is_fixed=True)
    assert pickle.loads(pickle.dumps(part)) == part
    assert (part.reader, part.wire_name, part.members) == (None, b"", ())
