from __future__ import annotations

from functools import partial

from plugin_gateway.tools.budget import Definition, fit


def definition(*sizes: int, has_output: bool = False) -> Definition:
    """Return a definition whose forms have about these numbers of tokens."""
    return Definition([partial(bytes.__mul__, b"word, ", size // 2) for size in sizes], has_output=has_output)


def index_of(one: Definition) -> int:
    return one._index


def test_a_list_within_its_budget_is_shown_in_whole() -> None:
    tools = [definition(1000, 10, has_output=True), definition(2000, 10)]
    fit(tools)

    assert [index_of(one) for one in tools] == [0, 0]
    assert tools[0].has_output


def test_a_tool_that_no_client_takes_is_cut_although_the_list_is_short() -> None:
    (tool,) = tools = [definition(9000, 6000, 4000, 10)]
    fit(tools)

    assert index_of(tool) == 2


def test_only_a_tool_that_no_client_takes_loses_names() -> None:
    sizes = [partial(bytes.__mul__, b"word, ", 2800)], [partial(bytes.__mul__, b"word, ", 100)]
    alone = Definition(*sizes)
    others = [definition(4500) for _ in range(5)]
    fit([alone])
    fit(others)

    assert index_of(alone) == 1
    assert [index_of(one) for one in others] == [0] * 5
    assert not others[0].shrink()


def test_output_schemas_go_first() -> None:
    tools = [definition(4000, 3500, 1000, has_output=True) for _ in range(4)]
    fit(tools)

    assert [index_of(one) for one in tools] == [1] * 4
    assert not any(one.has_output for one in tools)


def test_the_costliest_tool_is_cut_first() -> None:
    tools = [definition(2000, 1000), *(definition(4000, 3000, 1500) for _ in range(4))]
    fit(tools)

    assert index_of(tools[0]) == 0
    assert all(index_of(one) > 0 for one in tools[1:])
    assert sum(one.tokens for one in tools) <= 16_000


def test_a_form_that_is_not_smaller_is_skipped() -> None:
    tool = definition(100, 100, 50)
    tool.shrink()

    assert index_of(tool) == 2


def test_a_list_that_cannot_fit_is_shown_as_small_as_it_can_be() -> None:
    tools = [definition(4000, 3900) for _ in range(9)]
    fit(tools)

    assert [index_of(one) for one in tools] == [1] * 9


def test_a_long_list_has_room_for_each_tool() -> None:
    tools = [definition(1400, 10) for _ in range(100)]
    fit(tools)

    assert [index_of(one) for one in tools] == [0] * 100
