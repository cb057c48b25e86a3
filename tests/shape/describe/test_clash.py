"""A setting that keeps another from having an effect is a located mistake. Settings may refine each other."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.trims import RequestTrim, ResponseTrim
from plugin_gateway.shape.describe.clash import request_clashes, response_clashes
from plugin_gateway.shape.settings import OperationSettings


def of_request(request: dict[str, Any], **origins: int) -> list[tuple[str | int, ...]]:
    settings = OperationSettings(entry=3, request=RequestTrim.parse(request), request_origins=origins)
    found = [*request_clashes(settings)]
    assert {one.rule for one in found} <= {"clashing-pointers"}
    return [one.pointer or () for one in found]


def of_response(response: dict[str, Any], **origins: int) -> list[tuple[str | int, ...]]:
    settings = OperationSettings(entry=3, response=ResponseTrim.parse(response), response_origins=origins)
    return [one.pointer or () for one in response_clashes(settings)]


@pytest.mark.parametrize(
    ("request_", "places"),
    [
        ({"keep": ["/a"], "drop": ["/a"]}, [("keep", 0)]),
        ({"keep": ["/b", "/a/c"], "drop": ["/x", "/a"]}, [("keep", 1)]),
        ({"keep": ["/a/*/b"], "drop": ["/*/*/b"]}, [("keep", 0)]),
        ({"keep": ["/a"], "fixed": {"/a": 1}}, [("keep", 0)]),
        ({"fixed": {"/user": {"role": "a"}, "/user/role": "b"}}, [("fixed", "/user/role")]),
        ({"fixed": {"/user/role": "b", "/user": {"role": "a"}}}, [("fixed", "/user/role")]),
        ({"fixed": {"/lines/*/a": 1, "/lines/*/a/b": 2}}, [("fixed", "/lines/*/a/b")]),
        ({"fixed": {"/lines/*/a": 1, "/lines/0/a": 2}}, [("fixed", "/lines/0/a")]),
        # A part of what is kept may be dropped or set, and a dropped part may be set again.
        ({"keep": ["/a", "/ab"], "drop": ["/a/b"], "fixed": {"/a/c": 1}}, []),
        ({"keep": ["/*/a"], "drop": ["/b/a"]}, []),
        ({"drop": ["/user"], "fixed": {"/user/role": "a"}}, []),
        ({"fixed": {"/user/role": "a", "/user/name": "b"}}, []),
    ],
)
def test_a_pointer_of_request_without_effect_is_located(
    request_: dict[str, Any], places: list[tuple[str | int, ...]]
) -> None:
    assert of_request(request_) == [("allow", 3, "request", *place) for place in places]


@pytest.mark.parametrize(
    ("response", "places"),
    [
        ({"keep": ["/a"], "drop": ["/a"]}, [("keep", 0)]),
        ({"keep": ["/items/*/id", "/total"], "drop": ["/items"]}, [("keep", 0)]),
        ({"limit_items": {"/items": 5}, "drop": ["/items"]}, [("limit_items", "/items")]),
        ({"limit_items": {"/items": 5}, "keep": ["/total"]}, [("limit_items", "/items")]),
        ({"limit_items": {"/items": 5, "": 3}, "keep": ["/items/*/id"], "drop": ["/items/*/id/b"]}, []),
        ({"limit_items": {"/items": 5}, "drop": ["/total"]}, []),
    ],
)
def test_a_pointer_of_response_without_effect_is_located(
    response: dict[str, Any], places: list[tuple[str | int, ...]]
) -> None:
    assert of_response(response) == [("allow", 3, "response", *place) for place in places]


def test_an_entry_may_take_back_a_part_of_its_group_but_not_all() -> None:
    assert of_response({"keep": ["/a", "/b"], "drop": ["/a"]}, keep=0, drop=3) == []
    assert of_response({"keep": ["/a", "/b"], "drop": ["/a", "/b"]}, keep=0, drop=3) == [
        ("allow", 0, "response", "keep", 0),
        ("allow", 0, "response", "keep", 1),
    ]
