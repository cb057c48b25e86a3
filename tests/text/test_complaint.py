from collections.abc import Callable
from typing import Any

import pytest
import yaml

from plugin_gateway.text.complaint import BadSyntax, Complaint, IllegalCharacter, complaint_of


def complaint_about(text: str, as_given: Callable[[str], Any] = str) -> Complaint:
    with pytest.raises((yaml.YAMLError, UnicodeEncodeError)) as caught:
        list(yaml.parse(as_given(text), Loader=yaml.CSafeLoader))
    assert isinstance(caught.value, yaml.YAMLError | UnicodeEncodeError)
    return complaint_of(caught.value, text.encode(errors="replace"))


@pytest.mark.parametrize("as_given", [str, str.encode], ids=["text", "bytes"])
@pytest.mark.parametrize(
    ("text", "name", "at"),
    [("a: \x01", "U+0001", (1, 4)), ("é: b\n\n  é\x7fy", "U+007F", (3, 4)), ("a: \ufffe", "U+FFFE", (1, 4))],
)
def test_an_illegal_character_has_its_name_and_the_place_that_an_editor_shows(
    text: str, name: str, at: tuple[int, int], as_given: Callable[[str], Any]
) -> None:
    assert complaint_about(text, as_given) == IllegalCharacter(name, at, "control characters are not allowed")


def test_half_of_a_surrogate_pair_is_an_illegal_character() -> None:
    complaint = complaint_about("a: é\n b\udfff")

    assert complaint == IllegalCharacter("U+DFFF", (2, 3), "surrogates not allowed")


def test_bad_syntax_has_the_places_of_its_problem_and_of_its_context() -> None:
    complaint = complaint_about("a:\n  [b}")

    assert isinstance(complaint, BadSyntax)
    assert complaint.context == "while parsing a flow sequence"
    assert complaint.began_at == (2, 3)
    assert complaint.at == (2, 5)
    assert not complaint.is_too_deep


def test_bad_syntax_without_a_context_has_no_place_for_it() -> None:
    complaint = complaint_about("[a]]")

    assert isinstance(complaint, BadSyntax)
    assert (complaint.context, complaint.began_at) == ("", (0, 0))


def test_a_complaint_marks_a_text_that_is_too_deep_for_libyaml() -> None:
    complaint = complaint_about("[" * 100_000)

    assert isinstance(complaint, BadSyntax)
    assert complaint.is_too_deep


def test_another_error_is_raised_as_it_is() -> None:
    error = yaml.YAMLError("another")

    with pytest.raises(yaml.YAMLError, match="another"):
        complaint_of(error, b"")
