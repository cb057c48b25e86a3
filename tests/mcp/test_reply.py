"""Replies: the content that a model gets for an answer, by type, within the limit."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_gateway.mcp.reply import Reply, ResultTerms, result_of
from plugin_gateway.mcp.result import LEFT_OUT_KEY, NEXT_KEY
from plugin_gateway.mcp.service import Invocation, ToolOffer
from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.tools.tool import Argument, Place
from tests.mcp.world import parsed, revision_of, written

if TYPE_CHECKING:
    from plugin_gateway.tools.tool import Tool


TOOL_SET = revision_of().tools
TOOLS, OFFER = TOOL_SET.by_name, ToolOffer(TOOL_SET)
PIXEL = b"\x89PNG\r\n\x1a\n\x00"
LIMIT = 100_000


def terms(limit: int) -> ResultTerms:
    return ResultTerms(limit, "https://gw.example", OFFER)


def result(
    body: bytes = b"",
    media_type: str = "application/json",
    status: int = 200,
    more: str = "",
    tool: Tool | str = "getPet",
    limit: int = LIMIT,
    has_more: bool = False,
) -> dict[str, Any]:
    block = (f"Content-Type: {media_type}\r\n" if media_type else "") + more
    answer = Answer(status, block.encode("latin-1"), len(body), is_chunked=False, keeps_alive=True)
    reply = Reply(
        Invocation(TOOLS[tool] if isinstance(tool, str) else tool, {}),
        b"/pets/1",
        answer,
        body,
        terms(limit),
        has_more=has_more,
    )
    return parsed(result_of(reply))


@pytest.mark.parametrize(
    ("body", "structured"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b' {"a": [1.50, 1e400, 123456789012345678901234567890]}', None),
        (b'{\r\n "a":\n 1\n}', {"a": 1}),
        (b"[1, 2]", {"result": [1, 2]}),
        (b'"x"', {"result": "x"}),
        (b"null", {"result": None}),
        (b"7", {"result": 7}),
    ],
)
def test_json_is_structured_content_and_text(body: bytes, structured: dict[str, Any] | None) -> None:
    found = result(body)

    assert found["content"] == [{"type": "text", "text": body.decode()}]
    assert found["isError"] is False
    if structured is not None:
        assert found["structuredContent"] == structured


DIGITS = b"7" * 4301


@pytest.mark.parametrize("body", [DIGITS, b'{"a": -%b}' % DIGITS, b"[1, %b]" % DIGITS])
def test_json_with_an_integer_that_clients_in_python_cannot_read_is_text(body: bytes) -> None:
    found = result(body)

    assert found["content"] == [{"type": "text", "text": body.decode()}]
    assert "structuredContent" not in found


@pytest.mark.parametrize("body", [DIGITS[1:], b"-" + DIGITS[1:], b'{"a": "%b"}' % DIGITS, b'{"a": 0.%b}' % DIGITS])
def test_other_long_runs_of_digits_are_structured(body: bytes) -> None:
    assert "structuredContent" in result(body)


def test_a_part_of_json_with_an_integer_that_no_client_may_read_is_text() -> None:
    found = result(b"[%b, 1" % DIGITS, has_more=True)

    assert found["content"][0]["text"].startswith("[777")
    assert "structuredContent" not in found


@pytest.mark.parametrize("levels", [1_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"next":', b"}")])
def test_json_with_too_many_levels_is_text(opening: bytes, closing: bytes, levels: int) -> None:
    body = opening * levels + b"1" + closing * levels
    found = result(body, tool="listPets", limit=2_000_000)

    assert found["content"] == [{"type": "text", "text": body.decode()}]
    assert found["isError"] is False


@pytest.mark.parametrize("item", [b"1e999", b'"\\ud800"'])
def test_a_cut_with_values_that_cannot_be_read_is_shown(item: bytes) -> None:
    found = result(b'{"items":[' + b",".join([item] * 30_000) + b"]}", tool="listPets")

    assert LEFT_OUT_KEY in found["_meta"]


@pytest.mark.parametrize(
    "media_type", ["application/json", "APPLICATION/JSON; charset=utf-8", "application/hal+json", "text/json"]
)
def test_every_type_of_json_is_structured(media_type: str) -> None:
    assert result(b'{"a":1}', media_type)["structuredContent"] == {"a": 1}


@pytest.mark.parametrize("body", [b"{", b'{"a":NaN}', b'{"a":1}}', b"'a'", b'{"a":"\xff"}', b'{"a":1}\x00'])
def test_a_body_that_is_not_valid_json_is_returned_as_text(body: bytes) -> None:
    found = result(body)

    assert "structuredContent" not in found
    assert found["content"] == [{"type": "text", "text": body.decode("utf-8", "replace")}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_line_of_a_stream_never_has_a_line_end_in_it(value: Any) -> None:
    body = json.dumps(value, indent=1).encode()
    block = b"Content-Type: application/json\r\n"
    answer = Answer(200, block, len(body), is_chunked=False, keeps_alive=True)
    reply = Reply(Invocation(TOOLS["getPet"], {}), b"/", answer, body, terms(10**9), has_more=False)
    found = result_of(reply)

    assert b"\n" not in found.members
    assert b"\r" not in found.members
    assert parsed(found)["structuredContent"] == (value if isinstance(value, dict) else {"result": value})


@pytest.mark.parametrize(
    ("media_type", "body", "text"),
    [
        ("text/plain", b"caf\xc3\xa9", "caf\u00e9"),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "caf\u00e9"),
        ("text/plain", b"caf\xe9", "caf\ufffd"),
        ("text/csv", b"a,b", "a,b"),
        ("application/xml", b"<a/>", "<a/>"),
        ("image/svg+xml", b"<svg/>", "<svg/>"),
        ("application/x-ndjson", b'{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":2}\n'),
        ("", b"plain", "plain"),
    ],
)
def test_text_is_text(media_type: str, body: bytes, text: str) -> None:
    assert result(body, media_type)["content"] == [{"type": "text", "text": text}]


def test_json_without_a_type_is_structured() -> None:
    assert result(b'{"a":1}', "")["structuredContent"] == {"a": 1}


@pytest.mark.parametrize(("media_type", "kind"), [("image/png", "image"), ("audio/wav", "audio")])
def test_images_and_audio_are_content_of_their_kind(media_type: str, kind: str) -> None:
    data = base64.b64encode(PIXEL).decode()

    assert result(PIXEL, media_type)["content"] == [{"type": kind, "data": data, "mimeType": media_type}]


@pytest.mark.parametrize("media_type", ["application/pdf", "application/octet-stream", ""])
def test_other_octets_are_an_embedded_resource(media_type: str) -> None:
    (content,) = result(b"\xff\x00", media_type)["content"]

    assert content["type"] == "resource"
    assert content["resource"] == {
        "uri": "https://gw.example/pets/1",
        "mimeType": media_type or "application/octet-stream",
        "blob": base64.b64encode(b"\xff\x00").decode(),
    }


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_empty_answer_is_described_in_words(status: int) -> None:
    found = result(b"", status=status)

    assert "the answer has no content" in found["content"][0]["text"]
    assert found["isError"] is False


def test_a_tool_with_an_output_schema_always_has_structured_content_unless_it_failed() -> None:
    with_schema = replace(TOOLS["listPets"], has_output_schema=True)
    for body, media_type in (
        (b"", "application/json"),
        (b"x", "text/plain"),
        (PIXEL, "image/png"),
        (b"\xff", "a/b"),
        (b"{", "application/json"),
    ):
        assert result(body, media_type, tool=with_schema)["structuredContent"] == {}
    assert "structuredContent" not in result(b"{}", status=404, tool=with_schema)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 599, 999])
def test_an_error_of_the_api_is_an_error_with_its_text(status: int) -> None:
    found = result(b'{"message": "too\\nbad"}', status=status, more="Retry-After: 30\r\n")
    text = found["content"][0]["text"]

    assert found["isError"] is True
    assert str(status) in text
    assert "Retry after 30 seconds." in text
    assert '{"message": "too\\nbad"}' in text


@pytest.mark.parametrize(("body", "is_cut"), [(b'{"a": 1}\n', False), (b'{"a": "%b"}' % (b"x" * LIMIT), True)])
def test_an_error_says_whether_its_text_is_cut(body: bytes, is_cut: bool) -> None:
    assert ("The rest of the answer is left out." in result(body, status=500)["content"][0]["text"]) is is_cut


def test_an_error_in_latin_1_is_shown_whole() -> None:
    text = result(b"caf\xe9", "text/plain; charset=iso-8859-1", 500)["content"][0]["text"]

    assert text == "The API answered 500 Internal Server Error.\ncaf\u00e9"


def test_an_error_with_octets_tells_their_type() -> None:
    assert "Its answer, image/png of 9 bytes, is left out." in result(PIXEL, "image/png", 500)["content"][0]["text"]


def test_a_redirect_is_reported_and_not_followed() -> None:
    text = result(b"", status=302, more="Location: https://files.example/1\r\n")["content"][0]["text"]

    assert "302 Found and refers to https://files.example/1" in text


@pytest.mark.parametrize("key", ["next_cursor", "nextCursor", "NextCursor"])
def test_the_next_page_is_given_as_arguments_of_the_same_tool(key: str) -> None:
    found = result(b'{"items": [], "%b": "c2"}' % key.encode(), tool="listPets")

    assert found["_meta"][NEXT_KEY] == {"tool": "listPets", "arguments": {"cursor": "c2"}}
    assert 'call listPets again with {"cursor":"c2"}' in found["content"][1]["text"]


SIZES = st.integers(1_000, 20_000)
BODIES = st.one_of(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=4), max_size=400),
    st.fixed_dictionaries({"total": st.integers(), "items": st.lists(st.text(max_size=60), max_size=400)}),
    st.text(max_size=30_000),
)


@given(
    BODIES,
    SIZES,
    st.booleans(),
    st.sampled_from(["application/json", "text/plain", "image/png", "a/b"]),
    st.sampled_from([200, 404]),
)
def test_no_result_is_larger_than_the_limit(
    value: Any, limit: int, has_more: bool, media_type: str, status: int
) -> None:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    block = f"Content-Type: {media_type}\r\n".encode()
    answer = Answer(status, block, len(body), is_chunked=False, keeps_alive=True)
    reply = Reply(Invocation(TOOLS["listPets"], {}), b"/pets", answer, body, terms(limit), has_more=has_more)
    found = result_of(reply)
    members = parsed(found)

    shown = sum(len(json.dumps(one).encode()) for one in members["content"] if one["type"] != "text")
    shown += sum(
        len(json.dumps(one["text"], ensure_ascii=False).encode("utf-8", "replace"))
        for one in members["content"]
        if one["type"] == "text"
    )
    structured = members.get("structuredContent")
    shown += (
        len(json.dumps(structured, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
        if structured
        else 0
    )
    assert shown <= limit


def test_a_large_array_is_cut_after_a_whole_item_with_a_structured_notice() -> None:
    body = json.dumps({"total": 500, "items": [{"id": number, "name": "n" * 50} for number in range(500)]}).encode()
    found = result(body, limit=10_000, tool="listPets")
    notice = found["_meta"][LEFT_OUT_KEY]

    assert found["structuredContent"]["items"] == json.loads(body)["items"][: notice["kept_items"]]
    assert json.loads(found["content"][0]["text"])["items"] == found["structuredContent"]["items"]
    assert found["structuredContent"]["_left_out"] == notice
    assert notice["total_items"] == 500
    assert notice["array"] == "/items"
    assert "limit" in notice["hint"]
    assert f"first {notice['kept_items']} of 500 items" in found["content"][1]["text"]


def test_a_large_array_at_the_root_is_cut_too() -> None:
    found = result(json.dumps(list(range(5000))).encode(), limit=5_000)

    assert found["structuredContent"]["result"] == list(range(found["_meta"][LEFT_OUT_KEY]["kept_items"]))


def test_an_image_over_the_limit_is_described_in_words() -> None:
    found = result(PIXEL * 1000, "image/png", limit=2_000)

    assert [one["type"] for one in found["content"]] == ["text"]
    assert "at most 2000 bytes" in found["content"][0]["text"]
    assert found["isError"] is False


LONG = "n" * 60


@pytest.mark.parametrize(
    "more", ["Location: https://x.example/%s\r\n" % ("a" * 9_000), "Retry-After: %s\r\n" % ("9" * 9_000)]
)
@pytest.mark.parametrize("status", [302, 503])
@pytest.mark.parametrize("media_type", ["text/plain", "image/" + "x" * 9_000])
def test_long_fields_of_an_answer_do_not_exceed_the_limit(more: str, status: int, media_type: str) -> None:
    assert len(result(b"x", media_type, status, more, limit=1_000)["content"][0]["text"]) < 1_000


def test_a_long_target_does_not_exceed_the_limit() -> None:
    answer = Answer(200, b"Content-Type: a/b\r\n", 3, is_chunked=False, keeps_alive=True)
    target = b"/" + b"x" * 9_000
    reply = Reply(Invocation(TOOLS["getPet"], {}), target, answer, b"\xff" * 3, terms(1_000), has_more=False)

    assert written(result_of(reply)) < 1_000


def test_a_notice_with_long_names_leaves_room_for_the_answer() -> None:
    arguments = tuple(Argument(name=f"{LONG}{at}", place=Place.QUERY, wire_name="limit") for at in range(9))
    tool = replace(TOOLS["listPets"], arguments=arguments)
    found = result(json.dumps({LONG: {LONG: [*range(900)]}}).encode(), tool=tool, limit=1_000)

    assert LEFT_OUT_KEY in found["_meta"]
    assert sum(len(json.dumps(found[key])) for key in ("content", "structuredContent")) <= 1_100
