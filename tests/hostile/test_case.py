from plugin_gateway.hostile.case import Case, Feature


def test_a_report_shows_the_first_line_escaped_and_cut() -> None:
    case = Case(feature=Feature.DENIED, name="x", octets=b"GET /\xff\x1b " + b"y" * 500 + b"\r\nHost: a\r\n\r\n")
    assert case.shown.startswith("GET /\\xff\\x1b yyy")
    assert len(case.shown) < 220
    assert "Host" not in case.shown
