from plugin_gateway.shape.request.names import NO_NAMES, Names, key_of


def test_the_case_of_header_names_does_not_matter() -> None:
    assert key_of({"in": "header", "name": "X-Region"}) == ("header", "x-region")
    assert key_of({"in": "query", "name": "pageToken"}) == ("query", "pageToken")


def test_a_renamed_parameter_has_its_new_name() -> None:
    names = Names(renamed=((("query", "a"), "b"),))
    assert names.new_name(("query", "a")) == "b"
    assert names.new_name(("header", "a")) is None
    assert NO_NAMES.new_name(("query", "a")) is None
