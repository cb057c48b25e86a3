"""A discreet value: its `repr` leaves out the fields that hold secrets, or contents too long to show."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Discreet(Struct, frozen=True):
    """The base of such values. `HIDDEN` names the fields; a canonical form needs a rule for each of them."""

    HIDDEN: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        shown = [name for name in self.__struct_fields__ if name not in self.HIDDEN]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"
