"""Made-up documents: roots with the sections that a skim leaves as text, and any JSON in them."""

from tests.octets import Reader, dictionaries, lists, mapped, objects, one_of, pooled, recursive

keys = mapped(pooled, lambda value: value if isinstance(value, str) else "get")
values = recursive(
    pooled, lambda below: one_of(dictionaries(keys, below, max_size=3), lists(below, max_size=3)), depth=3
)


def roots(most: int) -> Reader:
    """Read a root whose sections have at most so many members, of at most so many fields each. The pool holds scalars."""
    sections = dictionaries(keys, dictionaries(keys, values, max_size=most), max_size=most)
    definitions = dictionaries(keys, values, max_size=3)
    return objects({"paths": sections, "info": values, "components": sections, "definitions": definitions})
