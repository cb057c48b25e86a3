"""The budget of a list of tools: how many tokens their definitions may cost together, and which definition each tool shows.

ChatGPT accepts 5,000 tokens a tool and 16,000 for the whole list. A longer list has 1,600 tokens a tool. A list that costs more
first loses its output schemas. Then the costliest tool gets a more compact definition, until the list fits.
"""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, Final

from plugin_gateway.tools.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_TOKENS: Final = 16_000
MOST_TOKENS_OF_A_TOOL: Final = 5_000
MOST_TOKENS_OF_AN_OUTPUT: Final = 1_000
_TOKENS_OF_EACH: Final = 1_600
_MARGIN: Final = 0.93
"""The estimate of a whole list is a few per cent off."""


class Definition:
    """The forms of one tool's definition, from the whole to the most compact. Each is made on first use."""

    def __init__(
        self,
        forms: Sequence[Callable[[], bytes]],
        last: Sequence[Callable[[], bytes]] = (),
        *,
        has_output: bool = False,
    ) -> None:
        """Take the functions that make the forms, and whether the first one has an output schema.

        The forms in `last` lose names. They are only for a tool that costs more than a client takes.
        """
        self._forms = [*forms, *last]
        self._end = len(forms)
        self._index = -1
        self._first_has_output = has_output
        self.text = b""
        self.tokens = 0
        self.shrink()

    @property
    def has_output(self) -> bool:
        return self._first_has_output and self._index == 0

    def shrink(self) -> bool:
        """Take the next form that is smaller. Return whether there is one."""
        return self._advance(self._end)

    def shrink_to(self, most: float) -> None:
        """Take the first form of at most so many tokens, or the smallest."""
        while self.tokens > most and self._advance(len(self._forms)):
            pass

    def _advance(self, end: int) -> bool:
        before = self.tokens
        while self._index + 1 < end:
            self._index += 1
            text = self._forms[self._index]()
            tokens = estimate_tokens(text)
            if not self.text or tokens < before:
                self.text, self.tokens = text, tokens
                return True
        return False


def fit(definitions: Sequence[Definition]) -> None:
    """Shrink definitions until the list is within its budget, or no definition can shrink without losing names."""
    for one in definitions:
        one.shrink_to(MOST_TOKENS_OF_A_TOOL * _MARGIN)
    budget = _MARGIN * max(MOST_TOKENS, _TOKENS_OF_EACH * len(definitions))
    if sum(one.tokens for one in definitions) > budget:
        for one in definitions:
            if one.has_output:
                one.shrink()
    total = sum(one.tokens for one in definitions)
    costs = [(-one.tokens, index) for index, one in enumerate(definitions)]
    heapify(costs)
    while total > budget and costs:
        _, index = costs[0]
        one = definitions[index]
        before = one.tokens
        if one.shrink():
            total += one.tokens - before
            heapreplace(costs, (-one.tokens, index))
        else:
            heappop(costs)
