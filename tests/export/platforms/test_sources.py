"""The sources of rules."""

import re

import pytest

from plugin_gateway.export.platforms import sources
from plugin_gateway.export.platforms.judge import RULES

SOURCES = [value for name, value in vars(sources).items() if name.isupper()]


@pytest.mark.parametrize("source", SOURCES)
def test_at_least_two_rules_rest_on_each_shared_source(source: str) -> None:
    assert len([rule for rule in RULES if source in rule.source]) >= 2


@pytest.mark.parametrize("source", [source for source in SOURCES if source != sources.RUN])
def test_each_source_has_the_date_or_the_version_that_was_read(source: str) -> None:
    assert re.search(r"\b20\d\d-\d\d|\d\.\d", source)
