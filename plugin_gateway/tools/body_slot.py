"""A body slot: the place of one argument in the request bodies of its tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.tools.form import form_pairs
from plugin_gateway.tools.multipart import parts
from plugin_gateway.tools.slot import Slot

if TYPE_CHECKING:
    from plugin_gateway.tools.draft import Draft
    from plugin_gateway.tools.tool import Argument, Encoding


class MemberSlot(Slot):
    """A member of a JSON body. Null is a value there."""

    __slots__ = ()

    takes_null = True

    def add(self, value: object, draft: Draft) -> None:
        draft.members[self.argument.wire_name] = value


class FieldSlot(Slot):
    """A field of a form."""

    __slots__ = ("_encoding",)

    def __init__(self, argument: Argument, encoding: Encoding) -> None:
        super().__init__(argument)
        self._encoding = encoding

    def add(self, value: object, draft: Draft) -> None:
        draft.add_pairs(form_pairs(self.argument.wire_name, value, self._encoding))


class PartSlot(Slot):
    """A field of a multipart body."""

    __slots__ = ("_encoding",)

    def __init__(self, argument: Argument, encoding: Encoding) -> None:
        super().__init__(argument)
        self._encoding = encoding

    def add(self, value: object, draft: Draft) -> None:
        draft.add_parts(parts(self.argument.wire_name, value, self._encoding))


class WholeSlot(Slot):
    """The argument that is the whole body."""

    __slots__ = ()

    def add(self, value: object, draft: Draft) -> None:
        draft.whole.append(value)
