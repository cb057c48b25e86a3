"""A shaped answer: an answer whose body is cut by the reply shape of its operation, with the head that fits.

Where fields are left out of successful answers, these must be JSON. The gateway cannot find fields in other bodies, so it
refuses them with 502. A redirect is cut like a success if it is JSON, because some APIs answer 303 with the object itself. Any
other answer loses the dropped fields if it is JSON, and passes if it is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.body_links import without_octets
from plugin_gateway.shape.answer.trim import NotJsonError
from plugin_gateway.shape.answer.trimmer import Trimmer

if TYPE_CHECKING:
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.shape.answer.cut import Branch
    from plugin_gateway.shape.answer.reply import ReplyShape

_JSON: Final = re.compile(rb"(?im)^content-type: *[a-z]+/(?:[a-z0-9.+_-]+\+)?json *(?:;|\r)")
_SUCCESS: Final = range(200, 300)
_FIRST_FAILURE: Final = 400
_MOST_REMEMBERED: Final = 16


class ReplyRules:
    """Applies the reply shape of one operation."""

    __slots__ = ("_failure", "_heads", "_selected", "_shape", "_success")

    def __init__(self, shape: ReplyShape) -> None:
        self._shape = shape
        self._success = shape.of_success()
        self._failure = shape.of_failure()
        self._selected: dict[tuple[Tokens, ...], Branch] = {}
        """The branches of selections; callers repeat themselves."""
        self._heads: tuple[Answer, Answer] | None = None
        """The last head passed to `head`, and the result."""

    def branch(self, answer: Answer, selection: tuple[Tokens, ...] | None) -> Branch:
        """Return the branch for the answer's body; True if the body passes as it is.

        Raises:
            UpstreamError: fields must be left out, and the body is not JSON.
        """
        is_json = _JSON.search(answer.block) is not None
        if not is_json and self._shape.is_closed and answer.status in _SUCCESS:
            raise _unshapable("is not JSON")
        if not is_json:
            return True
        if answer.status >= _FIRST_FAILURE:
            return self._failure
        if selection is None:
            return self._success
        branch = self._selected.get(selection)
        if branch is None:
            branch = self._shape.of_success(selection)
            if len(self._selected) >= _MOST_REMEMBERED:
                self._selected.clear()
            self._selected[selection] = branch
        return branch

    def head(self, answer: Answer) -> Answer:
        """Return the head without the fields that hold only for the upstream's octets."""
        if self._heads is not None and self._heads[0] is answer:
            return self._heads[1]
        head = without_octets(answer)
        self._heads = answer, head
        return head

    def bodiless_head(self, answer: Answer) -> Answer:
        """Return the head of an answer without a body: of a HEAD request, or of a 204 or 304."""
        is_json = answer.status == 304 or _JSON.search(answer.block) is not None
        return self.head(answer) if is_json else answer


class ShapedBody:
    """One body on its way to the client. A stage of the answer."""

    __slots__ = ("_trimmer",)

    def __init__(self, branch: Branch) -> None:
        self._trimmer = Trimmer(branch)

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return the bytes that can be sent now.

        Raises:
            UpstreamError: the body is not JSON.
        """
        try:
            return self._trimmer.feed(data)
        except NotJsonError:
            raise _unshapable("is not valid JSON") from None

    def finish(self) -> bytes:
        """End the body; return the bytes that were held back.

        Raises:
            UpstreamError: the body is not JSON.
        """
        try:
            return self._trimmer.finish()
        except NotJsonError:
            raise _unshapable("is not valid JSON") from None


def _unshapable(what: str) -> UpstreamError:
    """Return the error for an answer that may contain a field that must be left out.

    `what` completes "the upstream's answer …".
    """
    detail = f"The upstream's answer {what}, so the gateway cannot leave out the fields that it must not pass on."
    return UpstreamError(502, "unshapable-answer", detail)
