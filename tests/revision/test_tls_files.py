from __future__ import annotations

import datetime as dt
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.config.surroundings import Surroundings
from plugin_gateway.config.upstream import Tls
from plugin_gateway.diagnostics import Severity
from plugin_gateway.revision import tls_files
from plugin_gateway.revision.tls_files import TlsFiles, _validity, read_tls_files

if TYPE_CHECKING:
    from tests.conftest import Authority


def read(
    tmp_path: Path, *, now: dt.datetime | None = None, **written: str
) -> tuple[TlsFiles, list[Any], tuple[Any, ...]]:
    """Read the files under `tls`; return them with the rules and pointers of the findings."""
    files, findings = read_tls_files(Tls.parse(written, Surroundings(folder=tmp_path)), now=now)
    return (
        files,
        [(finding.rule, finding.pointer and finding.pointer[-1], str(finding.severity)) for finding in findings],
        findings,
    )


def test_a_context_is_made_after_the_files_are_gone(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me")
    files, found, _ = read(tmp_path, ca=authority.ca, cert=own.cert, key=own.key)
    assert found == []
    for path in (authority.ca, own.cert, own.key):
        Path(path).unlink()
    context = files.context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert [one["subject"] for one in context.get_ca_certs()] == [((("commonName", "test authority"),),)]


def test_without_files_the_systems_authorities_are_trusted() -> None:
    assert TlsFiles().context().verify_mode is ssl.CERT_REQUIRED


def test_a_key_shows_nowhere(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me")
    files, _, _ = read(tmp_path, cert=own.cert, key=own.key)
    assert b"PRIVATE KEY" in files.key
    assert "PRIVATE" not in repr(files)


def test_a_certificate_and_its_key_may_be_in_one_file(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me")
    both = tmp_path / "both.pem"
    both.write_bytes(Path(own.key).read_bytes() + Path(own.cert).read_bytes())
    files, found, _ = read(tmp_path, cert=str(both), key=str(both))
    assert found == []
    files.context()


def test_text_between_the_blocks_may_be_in_any_language(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "bundle.pem").write_bytes("# Főtanúsítvány\n".encode() + Path(authority.ca).read_bytes())
    assert read(tmp_path, ca="bundle.pem")[1] == []


GARBAGE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BAD_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("name", "content", "rule", "said"),
    [
        ("ca", b"", "unreadable", "empty"),
        ("ca", b"x" * (4 * 1024 * 1024 + 1), "unreadable", "larger than 4 MiB"),
        ("ca", b"hello\n", "tls-file", "no certificate in PEM format"),
        ("ca", BAD_KEY, "tls-file", "no certificate in PEM format"),
        ("ca", GARBAGE, "tls-file", "file of authorities cannot be used"),
        ("ca", None, "tls-file", "still being written"),
        ("cert", b"hello\n", "tls-file", "no certificate in PEM format"),
        ("cert", GARBAGE, "tls-file", "the gateway's certificate cannot be used"),
        ("cert", None, "tls-file", "still being written"),
        ("key", b"hello\n", "tls-file", "no private key in PEM format"),
        ("key", GARBAGE, "tls-file", "no private key in PEM format"),
        ("key", BAD_KEY, "tls-file", "the gateway's private key cannot be used"),
        ("key", None, "tls-file", "still being written"),
    ],
)
def test_a_file_that_openssl_would_refuse_is_an_error_at_its_key(
    tmp_path: Path, authority: Authority, name: str, content: bytes | None, rule: str, said: str
) -> None:
    own = authority.issue("me")
    written = {"ca": authority.ca, "cert": own.cert, "key": own.key}
    path = Path(written[name])
    whole = path.read_bytes()
    # None means the first half of the old content.
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    _, found, findings = read(tmp_path, **written)
    assert found == [(rule, name, "error")]
    assert said in findings[0].message


def test_a_file_in_der_is_named_as_such(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me")
    (tmp_path / "ca.der").write_bytes(ssl.PEM_cert_to_DER_cert(Path(own.cert).read_text()))
    _, found, findings = read(tmp_path, ca="ca.der")
    assert found == [("tls-file", "ca", "error")]
    assert "DER" in findings[0].hint


def test_a_key_of_another_certificate_is_an_error(tmp_path: Path, authority: Authority) -> None:
    one, other = authority.issue("me"), authority.issue("me")
    assert read(tmp_path, cert=one.cert, key=other.key)[1] == [("tls-key-mismatch", "key", "error")]


def test_an_encrypted_key_is_an_error_and_no_question_at_the_terminal(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me", password="secret")  # for a new key
    _, found, findings = read(tmp_path, cert=own.cert, key=own.key)
    assert found == [("tls-file", "key", "error")]
    assert "encrypted" in findings[0].message


def test_a_certificate_and_a_key_that_are_exchanged_are_one_error(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me")
    _, found, findings = read(tmp_path, cert=own.key, key=own.cert)
    assert found == [("tls-file", "cert", "error")]
    assert findings[0].hint == "exchange the two file names"


@pytest.mark.parametrize("name", ["ca", "cert", "key"])
def test_a_file_of_the_other_kind_is_named_as_such(tmp_path: Path, authority: Authority, name: str) -> None:
    own = authority.issue("me")
    written = {"ca": authority.ca, "cert": own.cert, "key": own.key}
    written[name] = own.cert if name == "key" else own.key
    _, found, findings = read(tmp_path, **written)
    assert found == [("tls-file", name, "error")]
    assert ("it holds a certificate" if name == "key" else "it holds a private key") in findings[0].hint


def test_a_file_that_vanished_is_an_error(tmp_path: Path, authority: Authority) -> None:
    tls = Tls.parse({"ca": authority.ca}, Surroundings(folder=tmp_path))
    Path(authority.ca).unlink()
    _, [finding] = read_tls_files(tls)
    assert (finding.rule, finding.severity) == ("unreadable", Severity.ERROR)
    assert "no such file" in finding.message


def test_every_wrong_file_is_in_one_report(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("me")
    Path(authority.ca).write_text("a")
    Path(own.key).write_text("b")
    assert [name for _, name, _ in read(tmp_path, ca=authority.ca, cert=own.cert, key=own.key)[1]] == ["ca", "key"]


@pytest.mark.parametrize(("days", "rule"), [(-1, "tls-expired"), (20, "tls-not-yet-valid"), (2, None)])
def test_a_certificate_of_another_time_is_a_warning(
    tmp_path: Path, authority: Authority, days: int, rule: str | None
) -> None:
    own = authority.issue("me", days=days)
    files, found, _ = read(tmp_path, cert=own.cert, key=own.key)
    assert found == ([(rule, "cert", "warning")] if rule else [])
    files.context()


def test_an_authority_that_has_expired_is_a_warning_unless_there_is_another(
    tmp_path: Path, authority: Authority
) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    assert read(tmp_path, ca=authority.ca, now=later)[1] == [("tls-expired", "ca", "warning")]
    lasting = authority.issue("lasting", days=9)
    with Path(authority.ca).open("ab") as file:
        file.write(Path(lasting.cert).read_bytes())
    assert read(tmp_path, ca=authority.ca, now=later)[1] == []


def test_dates_are_read_as_a_library_reads_them(authority: Authority) -> None:
    x509 = pytest.importorskip("cryptography.x509")
    for days in (2, 40_000):
        pem = Path(authority.issue("me", days=days).cert).read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        der = ssl.PEM_cert_to_DER_cert(pem.decode())
        assert _validity(der) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def test_without_files_in_memory_a_private_file_is_used_and_removed(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with tls_files._as_file(b"secret") as path:
        assert Path(path).read_bytes() == b"secret"
        assert os.stat(path).st_mode & 0o077 == 0  # noqa: PTH116
    assert not Path(path).exists()
