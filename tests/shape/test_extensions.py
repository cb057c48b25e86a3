from plugin_gateway.shape.extensions import extensions_to_keep


def test_a_document_keeps_the_extensions_of_gateway_yaml_and_those_that_the_gateway_acts_on() -> None:
    assert extensions_to_keep(("x-stability",)) == {"x-stability", "x-nullable", "x-mcp-header"}
