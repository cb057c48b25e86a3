import pytest

from plugin_gateway.errors import ConfigError
from plugin_gateway.lock.text import read_lock, write_lock
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.revision.new_lock import differences, new_lock
from tests.revision.test_agreed import ADD, LIST, OWNERS, changed, config, document


def test_allowed_operations_are_locked_and_each_group_stands_for_its_operations() -> None:
    more = "deny: [addPet, {tag: internal}]\nauth: {type: service_http, tokens: [{name: t, env: TOKEN}]}\n"
    more += "consumers: [{name: bob, match: {token: t}, allow: [{path: /pets}]}]\n"
    lock = new_lock(config("[{tag: pets}, {path: /owners/**}]", more), document())
    drop = OperationKey("DELETE", "/owners/{id}")
    assert {*lock.operations} == {LIST, OWNERS}
    assert lock.operations[LIST].operation_id == "listPets"
    assert {(words.place, str(words)): {*keys} for words, keys in lock.groups.items()} == {
        (("allow",), "tag pets"): {LIST},
        (("allow",), "/owners/**"): {OWNERS},
        (("consumers", "bob"), "/pets"): {LIST},
        (("deny",), "tag internal"): {drop},
        (("deny",), "addPet"): {ADD},
    }
    assert read_lock(write_lock(lock), "gateway.lock") == lock


def test_a_denial_is_locked_with_the_operations_that_allow_would_open() -> None:
    lock = new_lock(config("[listPets]", "deny: [DELETE /**]\n"), document())
    assert {str(words): keys for words, keys in lock.groups.items()} == {"DELETE /**": frozenset()}


def test_an_allow_list_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown-operation"):
        new_lock(config("[nope]"), document())


def test_differences_are_one_line_each() -> None:
    old = new_lock(config(), document())
    assert [*differences(old, old)] == []
    assert [*differences(None, old)] == [
        "+ GET /owners",
        "+ GET /pets",
        "+ POST /pets",
        "+ group tag pets: 2 operations",
    ]
    root = changed("/pets", "get", "summary", to="New")
    del root["paths"]["/pets"]["post"]
    root["info"] = {"title": "Cats", "version": "1"}
    new = new_lock(config("[{tag: pets}]", "public: {discriminator: trim}\n"), document(root))
    assert [*differences(old, new)] == [
        "- GET /owners",
        "~ GET /pets: texts",
        "- POST /pets",
        "~ group tag pets: 2 -> 1 operations",
        "~ fields of the document that belong to no operation",
        "~ `public.discriminator` or `public.extensions`",
    ]
    assert "- group tag pets" in [*differences(old, new_lock(config("[listPets]"), document()))]
    assert {LIST, ADD} <= old.operations.keys()
