"""A multipart edit removes and adds parts, and refuses bodies in which a server could see other parts than the gateway."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.request.field_edit import FieldEdit
from plugin_gateway.shape.request.form_body import FormBody, FormEdit
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.request.multipart_body import MultipartBody
from plugin_gateway.shape.request.multipart_edit import MultipartEdit, is_part_name, part_of

DROP = MultipartBody(FormBody(), MultipartEdit(FormEdit(frozenset({"tenant"})), (part_of("tenant", "acme"),)))
KEEP = MultipartBody(FormBody(), MultipartEdit(FormEdit(keeps=frozenset({"title", "file"}))))


def part(disposition: str, content: str = "x", more: str = "") -> str:
    return f"Content-Disposition: form-data; {disposition}{more}\r\n\r\n{content}"


def body(*parts: str, boundary: str = "b") -> bytes:
    return "".join([*(f"--{boundary}\r\n{one}\r\n" for one in parts), f"--{boundary}--\r\n"]).encode("latin-1")


def test_a_dropped_part_is_removed_a_fixed_one_is_added_and_the_others_keep_their_bytes() -> None:
    file = part('name="file"; filename="a b.png"', "\x89PNG\r\n\r\n--other\r\n", "\r\nContent-Type: image/png")
    verdict = DROP.judge(body(part('name="title"'), part('name="tenant"', "evil"), file), b"b")
    assert verdict.unshaped == ()
    assert verdict.body == body(part('name="title"'), file, part('name="tenant"', "acme"))


def test_only_kept_parts_stay() -> None:
    verdict = KEEP.judge(body(part('name="title"'), part('name="other"'), part('filename="a"; name=file')), b"b")
    assert verdict.body == body(part('name="title"'), part('filename="a"; name=file'))


@pytest.mark.parametrize(
    "name", ["Tenant", "tenant[]", "tenant[x]", "tenant.role", " tenant", "_tenant", "%74enant", "_charset_"]
)
def test_a_part_is_removed_under_every_spelling_of_a_dropped_name(name: str) -> None:
    verdict = DROP.judge(body(part(f'name="{name}"', "evil")), b"b")
    assert verdict.unshaped == ()
    assert b"evil" not in verdict.body


@pytest.mark.parametrize(
    "text",
    [
        body(part('name="a"; name="tenant"')),
        body(part('name="a\\"; name="tenant"')),
        body(part('name="a"; filename="x; name=tenant"')),
        body(part('name="=?utf-8?q?tenant?="')),
        body(part("name*=utf-8''tenant")),
        body(part('name="a"; other="b"')),
        body(part('name="a"; filename="x"; filename="y"')),
        body(part('filename="b"')),
        body(part('name="a"', "\n--b\nContent-Disposition: form-data; name=tenant\n\nevil")),
        body(part('name="a"', more='\r\nContent-Disposition: form-data; name="tenant"')),
        body(part('name="a"', more='\r\n ; name="tenant"')),
        body(part('name="a"', more="\r\nX-Other: 1")),
        body(part('name="a"', more='\nContent-Disposition: form-data; name="tenant"')),
        body(part('name="\xff"')),
        body("no head"),
        b"preamble\r\n" + body(part('name="a"')),
        b"",
    ],
)
def test_a_body_that_servers_read_in_different_ways_is_refused(text: bytes) -> None:
    assert len(DROP.judge(text, b"b").unshaped) == 1


def test_bytes_after_the_last_boundary_do_not_go_up() -> None:
    text = body(part('name="a"')) + b"evil"
    assert b"evil" not in DROP.judge(text, b"b").body


@pytest.mark.parametrize("boundary", [b"", b"a b", b"x" * 71, b"acme"])
def test_a_boundary_that_is_missing_odd_or_in_an_added_part_is_refused(boundary: bytes) -> None:
    edit = MultipartEdit(FormEdit(), (part_of("a", "--acme"),))
    text = body(part('name="t"'), boundary=boundary.decode())
    assert len(MultipartBody(FormBody(), edit).judge(text, boundary).unshaped) == 1


@pytest.mark.parametrize("name", ['a"b', "a\r\nb", "a\\b", "a%b", "=?a?="])
def test_a_name_that_has_several_spellings_is_no_name_of_a_part(name: str) -> None:
    assert not is_part_name(name)
    assert is_part_name("a[b].c é")


INNER = FormEdit(
    inner=(
        FieldEdit(
            "meta",
            is_json=True,
            removes=compile_edit(None, frozenset({("cost",), ("tenant",)}), {}),
            sets=compile_edit(None, frozenset(), {("tenant",): b'"t1"'}),
        ),
        FieldEdit("deep", is_json=False, removes=compile_edit(None, frozenset({("cost",)}), {})),
    )
)
INSIDE = MultipartBody(FormBody(), MultipartEdit(INNER))


def test_members_are_removed_and_set_inside_of_parts() -> None:
    head = "\r\nContent-Type: application/json"
    text = body(part('name="meta"', '{"a":1.10,"COST":2}', head), part('name="deep[cost]"'), part('name="deep[a]"'))
    verdict = INSIDE.judge(text, b"b")
    assert verdict.body == body(part('name="meta"', '{"a":1.10,"tenant":"t1"}', head), part('name="deep[a]"'))


def test_a_part_with_a_fixed_member_is_added_as_json() -> None:
    head = "\r\nContent-Type: application/json"
    assert INSIDE.judge(body(), b"b").body == body(part('name="meta"', '{"tenant":"t1"}', head))


@pytest.mark.parametrize(
    "one",
    [
        part('name="meta"; filename="x"', "{}"),
        part('name="meta"', "{}", "\r\nContent-Transfer-Encoding: base64"),
        part('name="meta"', "{}", "\r\nContent-Length: 2"),
        part('name="meta"', "{}", "\r\nContent-Type: application/xml"),
        part('name="meta"', "{}", "\r\nContent-Type: application/json; charset=utf-16"),
        part('name="m%65ta"', "{}"),
        part('name="meta[tenant]"', "evil"),
        part('name="meta"', '{"tenant":1,"tenant":2}'),
        part('name="deep"', "{}"),
        part('name="deep.cost"', "1"),
    ],
)
def test_a_part_that_servers_could_read_in_another_way_is_refused(one: str) -> None:
    assert len(INSIDE.judge(body(one), b"b").unshaped) == 1


NAMES = st.sampled_from(["title", "tenant", "Tenant", "file", "a[b]", "tenant.x", "ten ant"])


@given(st.lists(st.tuples(NAMES, st.text("ab\r\n-", max_size=8)), max_size=5))
def test_another_parser_sees_no_dropped_part(parts: list[tuple[str, str]]) -> None:
    verdict = DROP.judge(body(*(part(f'name="{name}"', text) for name, text in parts), boundary="cut"), b"cut")
    assert verdict.unshaped == ()
    head = b"Content-Type: multipart/form-data; boundary=cut\r\n\r\n"
    message = email.message_from_bytes(head + verdict.body, policy=email.policy.HTTP)
    seen = [(one.get_param("name", header="content-disposition"), one.get_payload(decode=True)) for one in message.iter_parts()]  # fmt: skip
    assert [text for name, text in seen if str(name).lower().startswith("tenant")] == [b"acme"]
    assert len(seen) == 1 + len([name for name, _ in parts if not name.lower().startswith("tenant")])
