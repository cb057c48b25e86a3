from plugin_gateway.text.readable import readable


def test_only_ends_of_lines_and_tabs_control_the_terminal() -> None:
    assert readable("a\x07\tb\r\nc\u202e\x1b[2J") == "a\ufffd\tb\nc\ufffd\ufffd[2J"


def test_a_name_stays_on_its_line() -> None:
    assert readable("a\nb\tc", kept="") == "a\ufffdb\ufffdc"
