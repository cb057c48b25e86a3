import hashlib

import pytest

from plugin_gateway.callers.users import DECOY, hash_password, hash_token, read_users

PASSWORD = "scrypt$16384$8$1$q467Nbe7T/LKvbSqeovobQ==$R10acblY3kgYBa2fllNzrO2yOsEXnlD7WjZ8ALjZvcI="
TOKEN = hash_token("t" * 32)


def test_a_password_is_verified_and_another_is_not() -> None:
    users, findings = read_users(f"# staff\n\nalice:{PASSWORD}\n", scheme="basic")
    assert findings == ()
    assert users.names == ("alice",)
    assert users.passwords["alice"].verify(b"correct horse")
    assert not users.passwords["alice"].verify(b"correct hors")


def test_a_token_is_found_by_its_digest() -> None:
    users, findings = read_users(f"ci:{TOKEN}\n", scheme="bearer")
    assert findings == ()
    assert users.tokens[hashlib.sha256(b"t" * 32).digest()] == "ci"


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password("a") != hash_password("a")


def test_the_decoy_hash_verifies_no_password() -> None:
    assert not DECOY.verify(b"")


@pytest.mark.parametrize(
    ("text", "scheme", "said"),
    [
        ("alice\n", "basic", "line 1"),
        (f"a b:{TOKEN}", "basic", "line 1"),
        (f"\na:{TOKEN}\na:{hash_token('other')}", "basic", "line 3 of the users file repeats the user `a`"),
        (f"a:{TOKEN}\nb:{TOKEN}", "bearer", "another user's token"),
        ("a:plain-text-secret", "basic", "neither"),
        (f"a:{PASSWORD.replace('$16384$', '$16383$')}", "basic", "neither"),
        (f"a:{PASSWORD.replace('$16384$', '$1048576$')}", "basic", "neither"),
        (f"a:{PASSWORD.replace('$16384$', '$2$')}", "basic", "neither"),
        (f"a:{PASSWORD.replace('$8$', '$0$')}", "basic", "neither"),
        (f"a:{PASSWORD[:-1]}!", "basic", "neither"),
        (f"a:{PASSWORD}", "bearer", "works with `authorization_type: basic` only"),
        ("# nobody\n", "basic", "has no user"),
    ],
)
def test_a_line_that_admits_no_user_or_the_wrong_user_is_reported(text: str, scheme: str, said: str) -> None:
    _, findings = read_users(text, scheme=scheme)
    assert said in findings[0].message
    assert findings[0].pointer == ("auth", "users")


def test_neither_findings_nor_reprs_quote_what_the_file_holds() -> None:
    users, findings = read_users("a:plain-text-secret\nb:" + PASSWORD, scheme="basic")
    shown = repr(users) + repr(users.passwords["b"]) + "".join(map(str, findings))
    assert "plain-text-secret" not in shown
    assert PASSWORD.rpartition("$")[2] not in shown
    assert repr(users.passwords["b"].key) not in shown
