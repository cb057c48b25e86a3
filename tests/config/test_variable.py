import pytest

from plugin_gateway.config.variable import variable_in, variable_named


@pytest.mark.parametrize(
    "text",
    [
        "${KEY}",
        "$KEY",
        "${KEY:-x}",
        "${env:KEY}",
        "$(KEY)",
        "%KEY%",
        "{{ KEY }}",
        "{{ .Values.KEY }}",
        "${{ secrets.KEY }}",
        "env:KEY",
        "env(KEY)",
        "ENV['KEY']",
        "process.env.KEY",
        "os.environ/KEY",
        " $KEY ",
    ],
)
def test_a_variable_is_known_by_its_name_in_the_notations_of_other_tools(text: str) -> None:
    assert variable_named(text) == "KEY"


@pytest.mark.parametrize("text", ["KEY", "a$", "100%", "{KEY}", "https://${KEY}/x", ""])
def test_other_text_is_no_variable(text: str) -> None:
    assert variable_named(text) == ""


def test_a_variable_within_text_is_found_as_it_is_written() -> None:
    assert variable_in("https://${HOST}/v2") == ("${HOST}", "HOST")
    assert variable_in("https://h/v2") is None
