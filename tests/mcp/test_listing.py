"""The listing: pages of tools, and cursors that hold for one list only."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.mcp.listing import Listing


def pages_of(listing: Listing) -> list[Any]:
    cursor, pages = "", []
    while True:
        members = listing.page(cursor)
        assert members is not None
        page = json.loads(b"{%b}" % members)
        pages.append(page["tools"])
        if "nextCursor" not in page:
            return pages
        cursor = page["nextCursor"]


@given(st.integers(0, 25), st.integers(1, 7))
def test_the_pages_have_all_tools_in_order(count: int, most: int) -> None:
    listing = Listing([b'{"name":"t%d"}' % number for number in range(count)], most=most)
    pages = pages_of(listing)

    assert [tool["name"] for page in pages for tool in page] == [f"t{number}" for number in range(count)]
    assert all(len(page) <= most for page in pages)


def test_a_page_is_bounded_in_bytes() -> None:
    listing = Listing([b'{"name":"%d"}' % number for number in range(4)], most_bytes=24)

    assert [len(page) for page in pages_of(listing)] == [2, 2]


def test_a_cursor_of_another_list_is_refused() -> None:
    one, other = Listing([b"1", b"2"], most=1), Listing([b"1", b"3"], most=1)
    first = one.page("")
    assert first is not None
    cursor = json.loads(b"{" + first + b"}")["nextCursor"]

    assert one.page(cursor) is not None
    assert other.page(cursor) is None
    assert one.page("1") is None
