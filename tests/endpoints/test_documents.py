import gzip
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from plugin_gateway.endpoints.documents import accepts_gzip, matches, refuse, serve_face
from plugin_gateway.publish.face import build_face
from plugin_gateway.refusal import Refusal

BODY = b'{"openapi":"3.1.0","paths":{}}' * 100
FACE = build_face("application/json", BODY)
SMALL = build_face("image/png", b"\x89PNG")


REVISION = SimpleNamespace(
    faces={
        "/openapi.json": FACE,
        "/openapi.json?profile=3.0": build_face("application/json", b'{"openapi":"3.0.4"}'),
        "/openapi.yaml?profile=3.0": build_face("application/yaml", b"openapi: 3.0.4\n"),
        "/logo.png": SMALL,
        "/mcp/server-card": build_face("application/mcp-server-card+json", b"{}"),
    }
)


def ask(path: str = "/openapi.json", *, method: str = "GET", query: bytes = b"", **headers: str) -> Any:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    return serve_face(Request(scope), REVISION.faces)


def test_a_face_is_served_as_the_bytes_it_is() -> None:
    response = ask()
    assert (response.status_code, response.body, response.media_type) == (200, BODY, "application/json")
    assert response.headers["etag"] == FACE.etag
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_server_card_may_be_kept_for_an_hour() -> None:
    assert ask("/mcp/server-card").headers["cache-control"] == "public, max-age=3600"


def test_head_has_the_headers_of_get_and_no_body() -> None:
    response, whole = ask(method="HEAD"), ask()
    assert response.body == b""
    assert response.headers == whole.headers
    assert response.headers["content-length"] == str(len(BODY))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "get"])
def test_a_face_can_only_be_read(method: str) -> None:
    response = ask(method=method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["content-type"] == "application/problem+json"


def test_gzip_is_another_representation_with_another_validator() -> None:
    response = ask(accept_encoding="br, gzip;q=0.8")
    assert gzip.decompress(response.body) == BODY
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["etag"] == FACE.gzip_etag != FACE.etag
    assert response.headers["vary"] == ask().headers["vary"] == "Accept-Encoding"


def test_a_body_that_would_not_shrink_is_not_compressed() -> None:
    response = ask("/logo.png", accept_encoding="gzip")
    assert response.body == b"\x89PNG"
    assert "vary" not in response.headers


@pytest.mark.parametrize(
    ("accept_encoding", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("br;q=1.0, *;q=0.5", True),
        ("identity", False),
        ("notgzip", False),
    ],
)
def test_gzip_is_sent_to_clients_that_accept_it(accept_encoding: str, takes: bool) -> None:
    assert accepts_gzip(accept_encoding) is takes


@pytest.mark.parametrize("listed", ["{etag}", "W/{etag}", '"other", {etag}', "*", '"a,b", W/{etag} , "c"'])
def test_a_client_that_has_it_already_gets_304_without_a_body(listed: str) -> None:
    response = ask(if_none_match=listed.format(etag=FACE.etag))
    assert (response.status_code, response.body) == (304, b"")
    assert response.headers["etag"] == FACE.etag
    assert response.headers["vary"] == "Accept-Encoding"
    assert "content-length" not in response.headers


def test_each_encoding_has_a_different_validator() -> None:
    assert ask(if_none_match=FACE.etag, accept_encoding="gzip").status_code == 200
    assert ask(if_none_match=FACE.gzip_etag, accept_encoding="gzip").status_code == 304


@pytest.mark.parametrize("listed", ["", '"other"', FACE.etag.strip('"'), '"x' + FACE.etag.strip('"') + '"'])
def test_another_validator_gets_the_document(listed: str) -> None:
    assert ask(if_none_match=listed).status_code == 200


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_no_header_value_breaks_a_document(value: str) -> None:
    assert isinstance(matches(value, FACE.etag), bool)
    assert isinstance(accepts_gzip(value), bool)


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        (b"profile=3.0", 200, b'{"openapi":"3.0.4"}'),
        (b"v=17", 200, BODY),
        (b"profile=nope", 404, None),
        (b"profile=", 404, None),
        (b"profile=%FF", 404, None),
    ],
)
def test_a_profile_is_chosen_by_the_query(query: bytes, status: int, body: bytes | None) -> None:
    response = ask(query=query)
    assert response.status_code == status
    if body is None:
        assert b'"profiles":["3.0"]' in response.body
    else:
        assert response.body == body


def test_a_query_means_nothing_to_a_face_without_profiles() -> None:
    assert ask("/logo.png", query=b"profile=3.0").status_code == 200


def test_an_svg_logo_cannot_run_a_script_of_this_origin() -> None:
    assert "sandbox" in ask("/logo.png").headers["content-security-policy"]


def test_refusals_are_problem_details_with_their_headers() -> None:
    response = refuse(Refusal(status=405, code="method-not-allowed", detail="No.", headers=((b"Allow", b"GET"),)))
    assert response.headers["allow"] == "GET"
    assert response.headers["content-type"] == "application/problem+json"
    assert b'"code":"method-not-allowed"' in response.body
