"""What holds for every test: how hypothesis draws examples, and an authority for certificates.

Each run draws new examples, in CI too. A run that fails prints its seed, and hypothesis the failing example.
"""

from __future__ import annotations

import datetime as dt
import gc
import ipaddress
import os
import re
import secrets
import signal
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, GeneralName, KeyUsage

# Hypothesis itself would repeat the same examples wherever it sees `CI`. A busy machine is no reason to fail.
settings.register_profile(
    "tests",
    max_examples=50,
    derandomize=False,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# `make properties`. A test's own `max_examples` would override this number; tests/deploy/test_properties.py forbids it.
settings.register_profile(
    "properties", settings.get_profile("tests"), max_examples=int(os.environ.get("EXAMPLES") or 20_000)
)
# `make mutants`. The first failing example is enough.
settings.register_profile(
    "mutants", settings.get_profile("tests"), phases=(Phase.explicit, Phase.generate), database=None
)
settings.load_profile("tests")

_TIMED_GZIP = re.compile(rb"\x1f\x8b\x08\0(?!\0{4})")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of the run, which workers of xdist take over with the other options."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbits(64))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell without job control starts jobs in the background so, and the programs under test would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> None:
    """Refuse gzip with a time in the name of a test: the workers of xdist must collect the same names, each at its own time."""
    if isinstance(val, bytes) and _TIMED_GZIP.search(val):
        raise pytest.UsageError(f"{argname}: compress with `mtime=0`, or give the parameters ids")


def pytest_collection_finish() -> None:
    """Keep the thousands of tests, which live to the end, out of each garbage collection."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        terminalreporter.write_line(
            f"--hypothesis-seed={config.option.hypothesis_seed} draws the examples of this run again"
        )


class Authority:
    """Issues certificates that only a test trusts; its own is in the file `ca`."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec  # few tests pay for it

        self._folder, self._count = folder, 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._self = self._certificate("test authority", self._key, is_ca=True)
        self.ca = str(self._written("ca", self._pem(self._self)))

    def issue(self, *names: str, days: int = 2, password: str = "") -> SimpleNamespace:
        """Return the paths `cert` and `key` of a certificate for the names; with negative days it has expired."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        encryption = (
            serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        )
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        self._count += 1
        certificate = self._certificate(names[0], key, names=names, days=days)
        return SimpleNamespace(
            cert=str(self._written(f"{self._count}.cert", self._pem(certificate))),
            key=str(self._written(f"{self._count}.key", pem)),
        )

    def _certificate(
        self,
        common_name: str,
        key: EllipticCurvePrivateKey,
        *,
        names: Sequence[str] = (),
        days: int = 2,
        is_ca: bool = False,
    ) -> Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
        end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_ca else self._self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - dt.timedelta(days=10))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            # Python 3.13 and later want these three (RFC 5280, 4.2.1).
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(_key_usage(is_ca=is_ca), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
        return builder.sign(self._key, hashes.SHA256())

    def _pem(self, certificate: Certificate) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding

        return certificate.public_bytes(Encoding.PEM)

    def _written(self, name: str, content: bytes) -> Path:
        path = self._folder / f"{name}.pem"
        path.write_bytes(content)
        return path


def _key_usage(*, is_ca: bool) -> KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Make an authority, and a folder for what it issues."""
    folder = tmp_path / "tls"
    folder.mkdir()
    return Authority(folder)
