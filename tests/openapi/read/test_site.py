import gzip
import os
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.errors import DocumentAwaitedError, DocumentError
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.read import site as site_module
from plugin_gateway.openapi.read.site import Site
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.refs import RefError
from tests.bounds import BOUND_S

API = b"openapi: 3.0.3\npaths: {}\n"
Answer = tuple[int, dict[str, str], bytes]


class Host:
    """An HTTP server with fixed answers that remembers what it was asked."""

    def __init__(self, answers: dict[str, Answer | Callable[[Any], None]]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""


@contextmanager
def serving(answers: dict[str, Any]) -> Iterator[Host]:
    host = Host(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = host.answers.get(self.path, (404, {}, b""))
            if callable(answer):
                answer(self)
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join(BOUND_S)


def refusal(url: str, **options: Any) -> str:
    with pytest.raises(DocumentError) as caught:
        read_document(url, **options)
    return str(caught.value)


def test_a_document_is_fetched_with_the_headers_given() -> None:
    with serving({"/v1/api.yaml?key=s3cret": (200, {}, API)}) as host:
        location = host.url.replace("//", "//me:pa55@") + "/v1/api.yaml?key=s3cret"

        document = read_document(location, headers={"X-Docs-Key": "hidden"})

        _, headers = host.requests[0]
        assert document.name == f"{host.url}/v1/api.yaml"
        assert headers["x-docs-key"] == "hidden"
        assert headers["accept-encoding"] == "gzip"
        assert headers["authorization"].startswith("Basic ")


def test_a_gzip_body_is_decoded() -> None:
    with serving({"/a": (200, {"Content-Encoding": "gzip"}, gzip.compress(API))}) as host:
        assert read_document(f"{host.url}/a").version == "3.0"


def bomb() -> bytes:
    compressor = zlib.compressobj(9, wbits=31)
    return b"".join([*(compressor.compress(bytes(2**20)) for _ in range(2)), compressor.flush()])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {}, b""), "the server answered 404 Not Found"),
        ((204, {}, b""), "the server answered 204"),
        ((200, {"Content-Encoding": "br"}, b"x"), "'br' was not asked for"),
        ((200, {"Content-Encoding": "gzip"}, b"plain"), "gzip body is corrupt"),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(API)[:-9]), "ends too early"),
        ((200, {"Content-Encoding": "gzip"}, bomb()), "too large"),
        ((200, {"Content-Length": "99"}, API), "the server ended the connection early"),
        ((401, {}, b""), "headers: {Authorization: {env: NAME}}"),
        ((403, {}, b""), "headers: {Authorization: {env: NAME}}"),
        ((404, {}, b""), "check the URL"),
        ((302, {"Location": "https://login.test/"}, b""), "if that is a page to log in, send a key"),
        ((200, {}, b"a: [b"), "document-syntax"),
        ((302, {"Location": "http://other.test/api"}, b""), "redirects to another site, http://other.test/api"),
        ((302, {"Location": "//127.0.0.1:1/api?secret"}, b""), "redirects to another site, http://127.0.0.1:1/api"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "redirects to another site"),
        ((302, {"Location": "http://[::1/api"}, b""), "the answer is not valid HTTP"),
        ((302, {"Location": "/api"}, b""), "redirects more than 5 times"),
    ],
)
def test_an_answer_that_is_no_document_is_refused(answer: Answer, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "MAX_BYTES", 2**20)
    with serving({"/api?key=s3cret": answer, "/api": answer}) as host:
        message = refusal(f"{host.url.replace('//', '//me:pa55@')}/api?key=s3cret", headers={"X-Key": "hidden"})

        assert words in message
        assert message.startswith(f"{host.url}/api")
        assert not any(secret in message for secret in ("s3cret", "pa55", "hidden"))


def test_a_redirect_on_the_same_origin_is_followed() -> None:
    with serving({"/old": (301, {"Location": "/new/api"}, b""), "/new/api": (200, {}, API)}) as host:
        document = read_document(f"{host.url}/old")
        assert document.name == f"{host.url}/old"
        # Relative servers are relative to where it came from (RFC 3986, 5.1.3).
        assert document.address == f"{host.url}/new/api"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("http://a/x", "http://a/y", True),
        ("http://a/x", "http://a:80/y", True),
        ("http://a/x", "https://a/y", True),
        ("https://a/x", "http://a/y", False),
        ("http://a:8080/x", "https://a/y", False),
        ("https://a/x", "https://a:8443/y", False),
        ("https://a/x", "https://b.a/y", False),
        ("https://a/x", "https://a@b/y", False),
    ],
)
def test_redirects_stay_on_the_origin_or_become_safer(old: str, new: str, expected: bool) -> None:
    assert site_module._is_redirect_fine(old, new) is expected


def test_a_host_that_does_not_answer_is_reported() -> None:
    with serving({}) as host:
        pass

    assert "no connection" in refusal(f"{host.url}/api")


def test_a_host_without_tls_is_reported() -> None:
    with serving({}) as host:
        assert "TLS failed" in refusal(host.url.replace("http:", "https:") + "/api")


def test_an_unknown_host_name_is_reported() -> None:
    assert "no connection" in refusal("http://nowhere.invalid/api")


@pytest.mark.parametrize("url", ["http://", "http://[::1/x", "http://a:99999/", "http://a b/"])
def test_a_text_that_is_not_a_url_is_refused(url: str) -> None:
    assert "document-unreadable" in refusal(url)


def test_an_answer_that_drips_is_cut() -> None:
    released = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not released.wait(0.05):
            try:
                handler.wfile.write(b"#")
            except OSError:
                return

    with serving({"/api": drip}) as host:
        message = refusal(f"{host.url}/api", timeout_s=0.3)
        released.set()

    assert "no complete answer within 0.3 seconds" in message


@pytest.mark.parametrize(("name", "value"), [("X-Key", "hidden\r\nX-Other: 1"), ("X-Kéy", "hidden")])
def test_a_header_that_cannot_be_sent_is_named_and_not_shown(name: str, value: str) -> None:
    message = refusal("http://127.0.0.1:9/", headers={name: value})

    assert "cannot be sent" in message
    assert "hidden" not in message


def schema(document: Document) -> Any:
    return document.root["paths"]["/a"]["get"]["responses"]["200"]["content"]["x/y"]["schema"]


def referring(reference: str) -> bytes:
    content = f"content: {{x/y: {{schema: {{$ref: '{reference}'}}}}}}"
    return f"openapi: 3.0.3\npaths: {{/a: {{get: {{responses: {{'200': {{{content}}}}}}}}}}}\n".encode()


def test_parts_below_the_document_are_fetched_once() -> None:
    parts: dict[str, Any] = {"/v1/sub/b.yaml": (200, {}, b"B: {items: {$ref: '../sub/b.yaml#/B'}}")}
    with serving({"/v1/api.yaml": (200, {}, referring("sub/b.yaml#/B")), **parts}) as host:
        document = read_document(f"{host.url}/v1/api.yaml", headers={"X-Docs-Key": "hidden"})

        assert schema(document) == {"$ref": "#/components/schemas/B"}
        assert [(path, headers["x-docs-key"]) for path, headers in host.requests] == [
            ("/v1/api.yaml", "hidden"),
            ("/v1/sub/b.yaml", "hidden"),
        ]


@pytest.mark.parametrize(
    "reference",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../v2/b.yaml",
        "%2e%2e/v2/b.yaml",
        "sub/%2e%2e/%2e%2e/b.yaml",
        "..%5cb.yaml",
        "b.yaml?x=1",
        "http://[::1/b.yaml",
        "//other.test/v1/b.yaml",
        "http://127.0.0.1:9/v1/b.yaml",
        "https://127.0.0.1/v1/b.yaml",
    ],
)
def test_nothing_above_or_beside_the_document_is_fetched(reference: str) -> None:
    with serving({"/v1/api.yaml": (200, {}, referring(reference))}) as host:
        document = read_document(f"{host.url}/v1/api.yaml")

        assert len(host.requests) == 1
        with pytest.raises(RefError, match="leads out of the document"):
            document.resolve(reference)


def test_a_part_that_cannot_be_fetched_is_reported_when_it_is_needed() -> None:
    away = (302, {"Location": "/v2/b.yaml"}, b"")
    with serving(
        {"/v1/api.yaml": (200, {}, referring("b.yaml")), "/v1/b.yaml": away, "/v2/b.yaml": (200, {}, b"{}")}
    ) as host:
        document = read_document(f"{host.url}/v1/api.yaml")

        assert [path for path, _ in host.requests] == ["/v1/api.yaml", "/v1/b.yaml"]
    with pytest.raises(RefError, match="redirects to another site"):
        document.resolve("b.yaml")


def test_parts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "MAX_PARTS", 0)

    with (
        Site("http://127.0.0.1:9/", headers={}, timeout_s=1) as site,
        pytest.raises(RefError, match="exceeds the limit"),
    ):
        site.read("http://127.0.0.1:9/b")


def test_an_untrusted_certificate_is_reported() -> None:
    untrusted = ssl.SSLCertVerificationError()
    untrusted.verify_message = "self-signed certificate"
    wrapped = OSError("wrapped")
    wrapped.__cause__ = untrusted

    unfetched = site_module._unconnected(wrapped)
    assert (str(unfetched), unfetched.may_pass) == (
        "its certificate is not trusted: self-signed certificate",
        False,
    )


def test_a_failure_without_a_reason_is_still_reported() -> None:
    assert str(site_module._unconnected(RuntimeError("s3cret"))) == "no connection"


@pytest.mark.parametrize(
    ("cause", "may_pass"),
    [
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), False),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), True),
        (ConnectionRefusedError(111, "Connection refused"), True),
        (socket.gaierror(-2, "Name or service not known"), True),
    ],
)
def test_only_connection_errors_that_may_pass_are_waited_for(cause: OSError, may_pass: bool) -> None:
    assert site_module._unconnected(cause).may_pass is may_pass


def hang_up(handler: Any) -> None:
    handler.close_connection = True


@pytest.mark.parametrize(
    ("answer", "is_awaited"),
    [
        *(((status, {}, b""), True) for status in (500, 502, 503, 504, 429, 408, 425)),
        *(((status, {}, b""), False) for status in (400, 401, 403, 404, 410, 204)),
        ((200, {}, b"a: [b"), False),
        ((200, {"Content-Length": "99"}, API), True),
        (hang_up, True),
        ((302, {"Location": "http://other.test/api"}, b""), False),
    ],
)
def test_a_server_that_does_not_answer_yet_is_distinguished_from_one_without_a_document(
    answer: Any, is_awaited: bool
) -> None:
    with serving({"/api": answer}) as host, pytest.raises(DocumentError) as caught:
        read_document(f"{host.url}/api")
    assert isinstance(caught.value, DocumentAwaitedError) is is_awaited


@pytest.mark.parametrize("location", ["http://127.0.0.1:9/api", "http://nowhere.invalid/api"])
def test_no_connection_and_an_unknown_name_are_waited_for(location: str) -> None:
    with pytest.raises(DocumentAwaitedError):
        read_document(location)


def test_no_answer_in_time_is_waited_for() -> None:
    released = threading.Event()
    with serving({"/api": lambda _: released.wait(BOUND_S)}) as host:
        with pytest.raises(DocumentAwaitedError, match="no complete answer within"):
            read_document(f"{host.url}/api", timeout_s=0.1)
        released.set()


def test_a_part_whose_server_does_not_answer_yet_makes_the_document_awaited_where_it_is_needed() -> None:
    path_item = b"openapi: 3.0.3\npaths:\n  /a: {$ref: b.yaml}\n"
    with serving({"/api": (200, {}, path_item), "/b.yaml": (503, {}, b"")}) as host:
        with pytest.raises(DocumentAwaitedError, match=r"b\.yaml"):
            read_document(f"{host.url}/api")
        host.answers["/b.yaml"] = (404, {}, b"")
        with pytest.raises(DocumentError) as caught:
            read_document(f"{host.url}/api")
        assert not isinstance(caught.value, DocumentAwaitedError)
        host.answers |= {"/api": (200, {}, referring("b.yaml")), "/b.yaml": (503, {}, b"")}
        assert read_document(f"{host.url}/api").is_awaited


def test_a_server_that_was_silent_once_is_not_asked_for_a_thousand_parts() -> None:
    with Site("http://127.0.0.1:9/", headers={}, timeout_s=1) as site:
        with pytest.raises(RefError, match="no connection"):
            site.read("http://127.0.0.1:9/b")
        with pytest.raises(RefError, match="did not answer an earlier request"):
            site.read("http://127.0.0.1:9/c")
        assert site.is_awaited


def test_a_gzip_bomb_is_never_unzipped_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Recording:
        def __init__(self, wbits: int) -> None:
            self._inner = real(wbits=wbits)

        def decompress(self, chunk: bytes, room: int) -> bytes:
            data = self._inner.decompress(chunk, room)
            sizes.append(len(data))
            return data

    real = zlib.decompressobj
    monkeypatch.setattr(site_module, "MAX_BYTES", 1000)
    monkeypatch.setattr(zlib, "decompressobj", Recording)
    with serving({"/api": (200, {"Content-Encoding": "gzip"}, bomb())}) as host:
        assert "too large" in refusal(f"{host.url}/api")

    assert sizes == [1001]


OWN = "/api.yaml"
PARTED = b'openapi: 3.0.3\npaths: {/a: {$ref: "part.yaml"}}\n'
PART = b"get: {responses: {}}\n"


def kept(host: Host, folder: Path) -> Document:
    return read_document(host.url + OWN, keep_in=folder)


def conditional(body: bytes, field: str, value: str) -> Callable[[Any], None]:
    """Answer 304 if the caller has the version that `value` names."""
    asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[field]

    def answer(handler: Any) -> None:
        is_known = handler.headers.get(asked) == value
        handler.send_response(304 if is_known else 200)
        handler.send_header(field, value)
        handler.send_header("Content-Length", "0" if is_known else str(len(body)))
        handler.end_headers()
        handler.wfile.write(b"" if is_known else body)

    return answer


@pytest.mark.parametrize(("field", "value"), [("ETag", '"1"'), ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")])
def test_a_server_is_asked_only_for_a_newer_version_of_each_part(tmp_path: Path, field: str, value: str) -> None:
    with serving({OWN: conditional(PARTED, field, value), "/part.yaml": conditional(PART, field, value)}) as host:
        first, second = kept(host, tmp_path), kept(host, tmp_path)
        asked = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}[field]
        assert [headers.get(asked) for _, headers in host.requests] == [None, None, value, value]
        assert first.root == second.root
        host.answers["/part.yaml"] = (200, {}, b"put: {responses: {}}\n")
        assert [str(key) for key in kept(host, tmp_path).operations] == ["PUT /a"]


@pytest.mark.parametrize(
    "failure", [(503, {}, b""), (404, {}, b""), (200, {}, b"<html>"), (200, {}, b"openapi: 3.0.3\npaths: []\n")]
)
def test_a_document_that_cannot_be_read_is_replaced_by_its_last_good_copy(tmp_path: Path, failure: Answer) -> None:
    with serving({OWN: (200, {}, PARTED), "/part.yaml": (200, {}, PART)}) as host:
        good = kept(host, tmp_path)
        host.answers[OWN] = failure
        copy = kept(host, tmp_path)
        assert (copy.root, [one.rule for one in copy.warnings]) == (good.root, ["document-stale"])
        assert "the last good copy of the document, from 20" in copy.warnings[0].message
        assert refusal(host.url + OWN, keep_in=tmp_path / "empty")
        host.answers[OWN] = (200, {}, PARTED)
        assert kept(host, tmp_path).warnings == ()


def test_a_part_that_fails_makes_the_whole_document_the_copy(tmp_path: Path) -> None:
    with serving({OWN: (200, {}, PARTED), "/part.yaml": (200, {}, PART)}) as host:
        good = kept(host, tmp_path)
        host.answers["/part.yaml"] = (503, {}, b"")
        copy = kept(host, tmp_path)
        assert (copy.root, copy.is_awaited, [one.rule for one in copy.warnings]) == (
            good.root,
            False,
            ["document-stale"],
        )
        with pytest.raises(DocumentAwaitedError):
            kept(host, tmp_path / "empty")


def test_a_copy_that_cannot_be_kept_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with serving({OWN: (200, {}, API)}) as host:
        [warning] = kept(host, tmp_path / "file").warnings
    assert (warning.rule, "openapi.cache" in warning.hint) == ("not-cached", True)


def _reset(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nopen")
    handler.wfile.flush()
    # A reset instead of an orderly end (SO_LINGER of zero seconds).
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (_reset, "the connection was lost"),
        (lambda handler: handler.wfile.write(b"hello\r\n\r\n"), "the answer is not valid HTTP"),
        (lambda handler: None, "the server ended the connection early"),
    ],
    ids=["reset", "other protocol", "no answer"],
)
def test_each_cause_of_a_failed_answer_has_its_own_words(answer: Callable[[Any], None], cause: str) -> None:
    def answer_and_close(handler: Any) -> None:
        handler.close_connection = True
        answer(handler)

    with serving({"/api": answer_and_close}) as host:
        assert cause in refusal(f"{host.url}/api")
