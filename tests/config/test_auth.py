import pytest
from pydantic import TypeAdapter, ValidationError

from plugin_gateway.config.auth import Auth, ClientToken, Consumer, NoAuth, OAuthAuth, ServiceHttpAuth, UserHttpAuth

AUTH = TypeAdapter(Auth)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ({}, NoAuth),
        ({"type": "none"}, NoAuth),
        ({"type": "service_http", "tokens": [{"name": "a", "value": "s"}]}, ServiceHttpAuth),
        ({"type": "user_http", "passthrough": True}, UserHttpAuth),
        ({"type": "user_http", "verify": {"introspection": "https://h"}}, UserHttpAuth),
        ({"type": "oauth", "issuer": "https://h"}, OAuthAuth),
    ],
)
def test_the_type_says_which_other_keys_there_are(written, kind):
    assert type(AUTH.validate_python(written)) is kind


@pytest.mark.parametrize(
    "written",
    [
        "none",
        {"type": "oath"},
        {"type": ["none"]},
        {"type": "none", "tokens": []},
        {"type": "service_http"},
        {"type": "service_http", "tokens": []},
        {"type": "user_http"},
        {"type": "user_http", "passthrough": True, "verify": {"introspection": "https://h"}},
        {"type": "oauth", "algorithms": ["none"]},
        {"type": "oauth", "algorithms": ["HS256"]},
    ],
)
def test_what_would_let_the_wrong_callers_in_is_a_mistake(written):
    with pytest.raises(ValidationError):
        AUTH.validate_python(written)


def test_a_token_is_written_flat_or_with_its_source_below():
    assert ClientToken.model_validate({"name": "a", "value": "s"}) == ClientToken.model_validate(
        {"name": "a", "token": {"value": "s"}}
    )


def test_a_consumer_may_call_everything_unless_it_says_what():
    assert Consumer.model_validate({"name": "a", "match": {"token": "t"}}).allow is None
    assert Consumer.model_validate({"name": "a", "match": {}, "allow": ["x"]}).allow[0].operation == "x"
