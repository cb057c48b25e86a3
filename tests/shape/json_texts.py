"""JSON texts and branches to cut them to, for the tests of the trim and of the trimmer."""

import json
from typing import Any

from hypothesis import strategies as st

from plugin_gateway.shape.answer.cut import LEFT_OUT, Branch, both, cut_value, dropped, kept, limited

NAMES = st.sampled_from(["a", "b", "A", "secret", "é", "a.b", "a/b", "", '"', "\\", "{,}", "\U0001f600"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
POINTERS = st.lists(st.lists(NAMES | st.just("*"), min_size=1, max_size=4).map(tuple), max_size=4)
LIMITS = st.lists(st.tuples(st.lists(NAMES | st.just("*"), max_size=3).map(tuple), st.integers(0, 3)), max_size=2)


@st.composite
def branches(draw: st.DrawFn) -> Branch:
    keeps = draw(st.booleans())
    branch = kept(draw(POINTERS)) if keeps else dropped(draw(POINTERS))
    if draw(st.booleans()):
        branch = both(branch, dropped(draw(POINTERS)))
    return both(branch, limited(draw(LIMITS)))


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """JSON with or without blanks and escapes."""
    value = draw(JSON)
    indent = draw(st.none() | st.integers(0, 2))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: "), ("\r\n , ", " :")]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=indent, separators=separators)
    return draw(st.sampled_from(["", " ", "\ufeff"])).encode() + text.encode() + draw(st.sampled_from([b"", b"\n"]))


def expected(text: bytes, branch: Branch) -> Any:
    value = cut_value(json.loads(text.decode("utf-8-sig")), branch)
    return None if value is LEFT_OUT else value
