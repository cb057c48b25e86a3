import pytest

from plugin_gateway.config.mistake import Mistake, nearest, nearest_key


def test_the_nearest_word_is_suggested_in_any_case_and_with_dashes() -> None:
    assert nearest("Name-For-Humen", ["name_for_human", "logo"]) == "did you mean `name_for_human`? "


def test_a_word_that_resembles_nothing_suggests_nothing() -> None:
    assert nearest("zzz", ["name_for_human", "logo"]) == ""


def test_a_mistake_does_not_put_the_offending_value_into_its_text() -> None:
    assert "hunter2" not in str(Mistake("wrong-type", "expected a list", got="hunter2"))


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("credental", "credential"),
        ("credentials", "credential"),
        ("Credential", "credential"),
        ("write-credential", "write_credential"),
        ("writeCredential", "write_credential"),
        ("rul", "url"),
        ("backend_url", "url"),
        ("metric", ""),
        ("services", ""),
    ],
)
def test_a_key_is_guessed_only_where_the_guess_is_sure(key: str, meant: str) -> None:
    keys = ["url", "credential", "write_credential", "timeout"]
    assert nearest_key(key, keys, {"backend_url": "url"}) == meant
