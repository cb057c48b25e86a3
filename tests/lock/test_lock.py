from collections.abc import Mapping

import pytest

from plugin_gateway.config.selector import Selector
from plugin_gateway.lock.lock import Lock, LockedOperation, words_of
from plugin_gateway.lock.parts import Parts
from plugin_gateway.openapi.document import OperationKey

LIST = OperationKey("GET", "/pets")


def test_a_group_is_known_by_the_words_it_selects_with() -> None:
    def words(entry: Mapping[str, object], *place: str) -> object:
        return words_of(Selector.parse(entry), *(place or ("allow",)))

    one = words({"path": "/orders/**", "methods": ["GET", "POST"]})
    assert one == words({"path": "/orders/**", "methods": ["POST", "GET", "GET"]})
    for other in ({"path": "/orders/*", "methods": ["GET", "POST"]}, {"path": "/orders/**"}, {"tag": "/orders/**"}):
        assert words(other) != one
    assert words({"tag": "a"}, "consumers", "a") != words({"tag": "a"}, "consumers", "b")


@pytest.mark.parametrize(
    ("entry", "shown"),
    [({"tag": "a", "methods": ["GET"]}, "GET tag a"), ({"path": "/a/**"}, "/a/**")],
)
def test_a_group_is_shown_as_the_config_has_it(entry: dict[str, object], shown: str) -> None:
    assert str(words_of(Selector.parse(entry), "allow")) == shown


def test_an_operation_is_found_by_the_id_that_it_had() -> None:
    lock = Lock(document="", operations={LIST: LockedOperation(operation_id="listPets", parts=Parts("", "", "", ""))})
    assert lock.key_of("listPets") == LIST
    assert lock.key_of("other") is None
