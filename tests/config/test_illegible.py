from pathlib import Path

import pytest

from plugin_gateway.config.illegible import ILLEGIBLE, illegible
from plugin_gateway.config.model import Config
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.surroundings import Surroundings


@pytest.mark.parametrize("key", Config.known_keys())
def test_no_key_takes_an_illegible_value(key: str) -> None:
    around = Surroundings(environ={}, folder=Path())
    with pytest.raises(MistakesError) as caught:
        Config.parse({"openapi": "a.yaml", "upstream": {"url": "https://h"}, "allow": [], key: ILLEGIBLE}, around)
    assert [(pointer, mistake.rule) for pointer, mistake in caught.value.found] == [((key,), "yaml-syntax")]


def test_the_mistake_of_a_part_leads_to_it() -> None:
    assert illegible(("type",)).at == ("type",)
