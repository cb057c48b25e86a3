from plugin_gateway.shape.shape import NO_SHAPE, Shape, pairs_of


def test_a_shape_without_parts_is_no_shape() -> None:
    assert Shape() == NO_SHAPE


def test_the_pairs_of_field_lines_are_their_names_and_values() -> None:
    assert list(pairs_of([(b"accept", b"text/html", b"Accept: text/html\r\n")])) == [(b"accept", b"text/html")]
