"""The TLS files: the contents of the files under `upstream.tls`, read once, so that connections use what was checked.

If workers read the files themselves, they could find one half-written, or a new key beside the old certificate.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.discreet import Discreet

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from plugin_gateway.config.upstream import Tls

MAX_BYTES: Final = 4 * 1024 * 1024
_BLOCK: Final = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END ")
_IS_CUT: Final = "it ends within a block: was it still being written?"
_KEY: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_ENCRYPTED: Final = re.compile(rb"BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED")


class TlsFiles(Discreet, frozen=True, kw_only=True):
    """PEM text of the authorities, of the gateway's certificate with its chain, and of its private key. Empty: no such file."""

    HIDDEN = ("ca", "cert", "key")

    ca: bytes = b""
    cert: bytes = b""
    key: bytes = b""

    def context(self) -> ssl.SSLContext:
        """Make the context of connections to the upstream.

        Raises:
            OSError: OpenSSL rejects one of the files (`ssl.SSLError` is an OSError).
        """
        import ssl

        if self.ca:
            with _as_file(self.ca) as path:
                context = ssl.create_default_context(cafile=path)
        else:
            context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        if self.cert:
            _load_chain(context, self.cert, self.key)
        return context


NO_TLS_FILES: Final = TlsFiles()


def read_tls_files(tls: Tls, *, now: dt.datetime | None = None) -> tuple[TlsFiles, tuple[Finding, ...]]:
    """Read the files and check them: a file that OpenSSL rejects is an error, a certificate that is not valid now a warning."""
    findings: list[Finding] = []
    contents: dict[str, bytes] = {}
    for name, path in (("ca", tls.ca), ("cert", tls.cert), ("key", tls.key)):
        if path is None:
            continue
        try:
            contents[name] = _read(path)
        except OSError as error:
            why = error.strerror.lower() if error.strerror else str(error)
            findings.append(_finding("unreadable", name, f"{path} cannot be read: {why}"))
    files = TlsFiles(**contents)
    if files.ca:
        findings += _judge_ca(files.ca)
    if files.cert and files.key:
        findings += _swapped(files.cert, files.key) or _judge_own(files.cert, files.key)
    if not findings:
        findings += _judge_dates(files, now or dt.datetime.now(dt.UTC))
    return files, tuple(findings)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError("it is larger than 4 MiB")
    if not content.strip():
        raise OSError("it is empty")
    return content


def _judge_ca(content: bytes) -> Iterator[Finding]:
    import ssl

    if why := _not_certificates(content):
        yield _finding("tls-file", "ca", f"the file of authorities cannot be used: {why}", _hint(content))
        return
    try:
        with _as_file(content) as path:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        yield _finding("tls-file", "ca", f"the file of authorities cannot be used: {_reason(error)}")


def _swapped(cert: bytes, key: bytes) -> list[Finding]:
    if _not_certificates(cert) and _KEY.search(cert) and _not_a_key(key) and not _not_certificates(key):
        message = "`cert` names a private key, and `key` names a certificate"
        return [_finding("tls-file", "cert", message, "exchange the two file names")]
    return []


def _judge_own(cert: bytes, key: bytes) -> Iterator[Finding]:
    import ssl

    if why := _not_certificates(cert):
        yield _finding("tls-file", "cert", f"the gateway's certificate cannot be used: {why}", _hint(cert))
        return
    if why := _not_a_key(key):
        yield _finding("tls-file", "key", f"the gateway's private key cannot be used: {why}", _hint(key))
        return
    try:
        _load_chain(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert, key)
    except ssl.SSLError as error:
        if error.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}:
            message = "the private key does not belong to the gateway's certificate"
            hint = "write both files again, from the same issue; `cert` begins with the gateway's certificate, then its chain"
            yield _finding("tls-key-mismatch", "key", message, hint)
        elif _is_loadable(cert):
            yield _finding("tls-file", "key", f"the gateway's private key cannot be used: {_reason(error)}")
        else:
            yield _finding("tls-file", "cert", f"the gateway's certificate cannot be used: {_reason(error)}")


def _not_certificates(content: bytes) -> str:
    """Return why the file cannot be used as certificates; empty if it can."""
    if not re.search(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----", content):
        return "it holds no certificate in PEM format"
    return _IS_CUT if content.count(b"-----BEGIN ") != content.count(b"-----END ") else ""


def _not_a_key(content: bytes) -> str:
    if _ENCRYPTED.search(content):
        return "it is encrypted, and the gateway cannot ask for its password"
    if not _KEY.search(content):
        return "it holds no private key in PEM format"
    return _IS_CUT if content.count(b"-----BEGIN ") != content.count(b"-----END ") else ""


def _hint(content: bytes) -> str:
    if _ENCRYPTED.search(content):
        return "decrypt it with `openssl pkey -in KEY -out NEW`, in a file that only the gateway can read"
    if content[:1] == b"\x30":
        return (
            "it looks like DER: convert it, for example with `openssl x509 -inform der` or `openssl pkey -inform der`"
        )
    if _KEY.search(content):
        return "it holds a private key: name the file that begins with `-----BEGIN CERTIFICATE-----`"
    if not _not_certificates(content):
        return "it holds a certificate: name the file that begins with `-----BEGIN PRIVATE KEY-----`"
    return ""


def _is_loadable(certificates: bytes) -> bool:
    import ssl

    try:
        with _as_file(certificates) as path:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return False
    return True


def _reason(error: ssl.SSLError) -> str:
    return error.reason.replace("_", " ").lower() if error.reason else "OpenSSL gives no reason"


def _judge_dates(files: TlsFiles, now: dt.datetime) -> Iterator[Finding]:
    own, authorities = _validities(files.cert), _validities(files.ca)
    for begin, end in own:
        if not begin <= now <= end:
            which = "the gateway's certificate or its chain" if len(own) > 1 else "the gateway's certificate"
            yield _dated("cert", which, begin, end, now)
            break
    # System bundles keep expired roots, so warn only if no authority is valid.
    if authorities and not any(begin <= now <= end for begin, end in authorities):
        begin, end = max(authorities, key=lambda times: times[1])
        which = "every authority" if len(authorities) > 1 else "the authority"
        yield _dated("ca", which, begin, end, now)


def _dated(name: str, which: str, begin: dt.datetime, end: dt.datetime, now: dt.datetime) -> Finding:
    if now > end:
        return _finding("tls-expired", name, f"{which} expired on {end:%Y-%m-%d}", "renew it", Severity.WARNING)
    message = f"{which} is not valid before {begin:%Y-%m-%d %H:%M} UTC"
    return _finding("tls-not-yet-valid", name, message, "check the clock of this machine", Severity.WARNING)


def _validities(pem: bytes) -> list[tuple[dt.datetime, dt.datetime]]:
    found = []
    for block in _BLOCK.finditer(pem):
        # OpenSSL accepts date formats that RFC 5280 forbids. Skip such a certificate here; its dates count when it is used.
        with suppress(ValueError, IndexError):
            found.append(_validity(base64.b64decode(block[1])))
    return found


def _validity(der: bytes) -> tuple[dt.datetime, dt.datetime]:
    """Return the validity period of a certificate (RFC 5280, 4.1).

    Certificate holds tbsCertificate, which holds version (tagged and optional), serial, algorithm, issuer, validity.
    """
    _, tbs, _ = _element(_element(der)[1])
    tag, _, rest = _element(tbs)
    for _ in range(3 if tag == 0xA0 else 2):
        _, _, rest = _element(rest)
    _, times, _ = _element(rest)
    begin, end = (tag_and_text for tag_and_text in _elements(times))
    return _time(*begin), _time(*end)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        tag, content, data = _element(data)
        yield tag, content


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Split off one element of DER: its tag, its content, and what follows it."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return tag, data[start : start + length], data[start + length :]


def _time(tag: int, text: bytes) -> dt.datetime:
    shown = text.decode("ascii")
    if tag == 0x17:
        # UTCTime has two digits for the year; 50 and above mean 19xx (RFC 5280, 4.1.2.5.1).
        shown = ("19" if shown >= "50" else "20") + shown
    return dt.datetime.strptime(shown, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)


def _load_chain(context: ssl.SSLContext, cert: bytes, key: bytes) -> None:
    with _as_file(cert) as cert_path, _as_file(key) as key_path:
        # Without a password argument, OpenSSL would prompt for one on the terminal.
        context.load_cert_chain(cert_path, key_path, password="")


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Give bytes a path, because OpenSSL reads certificates and keys only from files. Use a memfd where the system has it."""
    if hasattr(os, "memfd_create"):
        with open(os.memfd_create("tls-file"), "wb") as file:  # noqa: PTH123  # a descriptor, not a path
            file.write(content)
            file.flush()
            path = f"/proc/self/fd/{file.fileno()}"
            if os.access(path, os.R_OK):
                yield path
                return
    from tempfile import NamedTemporaryFile  # it imports five modules

    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


def _finding(rule: str, name: str, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule=rule, message=message, hint=hint, severity=severity, pointer=("upstream", "tls", name))
