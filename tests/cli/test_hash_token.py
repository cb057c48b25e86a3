import hashlib

import pytest
from click.testing import CliRunner, Result

from plugin_gateway.callers.users import read_users
from plugin_gateway.cli.hash_token import command


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, arguments, input=typed)


def test_a_token_that_is_typed_is_in_the_line_as_its_hash_only() -> None:
    result = run("ci", typed="a-token\n")
    users, findings = read_users(result.stdout.strip().splitlines()[-1], scheme="bearer")
    assert findings == ()
    assert users.tokens == {hashlib.sha256(b"a-token").digest(): "ci"}
    assert "a-token" not in result.output


def test_a_password_is_hashed_slowly() -> None:
    result = run("alice", "--password", typed="horse\n")
    users, _ = read_users(result.stdout.strip().splitlines()[-1], scheme="basic")
    assert users.passwords["alice"].verify(b"horse")


def test_a_new_token_is_shown_once_and_not_in_the_line() -> None:
    result = run("ci", "--new")
    token = result.stderr.removeprefix("token: ").strip()
    assert read_users(result.stdout, scheme="bearer")[0].tokens == {hashlib.sha256(token.encode()).digest(): "ci"}
    assert len(token) >= 43


@pytest.mark.parametrize("arguments", [("a:b", "--new"), ("a b", "--new"), ("a", "--new", "--password"), ()])
def test_arguments_that_would_make_a_broken_line_are_refused(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
