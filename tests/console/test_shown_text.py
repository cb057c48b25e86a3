from pathlib import Path

import pytest

from plugin_gateway.console.shown_text import MASK, shown_lines, unified

CONFIG = "upstream: {{credential: {{bearer: {{value: {0}}}}}}}\nallow: [{{path: /search/**}}]\n"


@pytest.mark.parametrize("secret", ["k", "a-much-longer-secret", "with*star"])
def test_a_mask_does_not_reveal_the_length_of_the_secret(secret: str) -> None:
    first, second = shown_lines(CONFIG.format(secret))

    assert first == f"upstream: {{credential: {{bearer: {{value: {MASK}}}}}}}"
    assert second == "allow: [{path: /search/**}]"


def test_a_repeated_secret_is_masked_unless_it_is_a_short_part_of_a_word() -> None:
    text = "# The old key a-long-secret2 was a-long-secret; k\n" + CONFIG.format("a-long-secret") + "# other-secret\n"
    lines = shown_lines(text, ["other-secret", "k", "a-long-secret2"])

    assert lines[0] == f"# The old key {MASK} was {MASK}; k"
    assert lines[-1] == f"# {MASK}"
    assert "secret" not in unified(Path("g"), text, text + "deny: [a]\n", ["other-secret"])


def test_a_diff_masks_the_secrets_around_the_edit() -> None:
    before = CONFIG.format("s3cret")

    diff = unified(Path("gateway.yaml"), before, before + "deny: [a]\n")

    assert "s3cret" not in diff
    assert "+deny: [a]" in diff.splitlines()


def test_a_missing_line_break_at_the_end_is_shown() -> None:
    assert "\\ No newline at end of file" in unified(Path("g"), "a: 1", "a: 1\nb: 2\n")


@pytest.mark.parametrize(
    "broken",
    [
        "foo: {bar\n",
        'url: "http\n',
        "  \t- a\n",
        "# a\u2028b\n",
        "---\nallow: [b]\n",
        "<<<<<<< mine\n",
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_text_that_a_person_has_broken_shows_no_secret(broken: str, *, is_first: bool) -> None:
    config = f"# value: old-s3cret\nallow: [a]\n{CONFIG.format('s3cret')}"
    text = broken + config if is_first else config + broken

    assert "s3cret" not in "".join(shown_lines(text))
    assert "s3cret" not in unified(Path("gateway.yaml"), config, text)
