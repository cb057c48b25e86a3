from __future__ import annotations

import errno
import socket
import ssl
from typing import Any

import pytest

from plugin_gateway.telemetry.cause import cause_of, root_cause_of
from tests.bounds import BOUND_S


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)"), "connection refused"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection reset by peer"),
        (FileNotFoundError(errno.ENOENT, "x"), "no such file or directory"),
        (TimeoutError(), "connection timed out"),
        (TimeoutError(errno.ETIMEDOUT, "x"), "connection timed out"),
        (socket.gaierror(-2, "Name or service not known"), "cannot resolve the name (Name or service not known)"),
        (UnicodeError("label too long"), "not a valid host name"),
        (ConnectionResetError(), "ConnectionResetError"),
        (ConnectionAbortedError("TLS handshake is slow"), "TLS handshake is slow"),
    ],
)
def test_a_cause_is_in_words(error: Any, said: str) -> None:
    assert cause_of(error) == said


def test_a_tls_error_is_named_without_openssls_source_line() -> None:
    with socket.socket() as client, socket.create_server(("127.0.0.1", 0)) as server:
        client.settimeout(BOUND_S)
        client.connect(server.getsockname())
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            with pytest.raises(ssl.SSLError) as caught:
                ssl.create_default_context().wrap_socket(client, server_hostname="localhost")
    said = cause_of(caught.value)
    assert said.startswith("TLS: ")
    assert said.endswith("; does the server speak plain HTTP, as with http://?")
    assert "_ssl.c" not in said


def test_the_bottom_of_a_librarys_error_is_named() -> None:
    refused = OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)")
    above = RuntimeError("all attempts failed")
    above.__cause__ = refused
    assert root_cause_of(above) == "connection refused"
    assert root_cause_of(type("ReadTimeout", (Exception,), {})()) == "no answer in time"
    assert root_cause_of(ValueError("x")) == "ValueError"
