"""The holder: the parts that a reload keeps, replaces or leaves unchanged."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.revision.tls_files import TlsFiles
from tests.narrow import stand_in

if TYPE_CHECKING:
    from tests.conftest import Authority

REVISION = Revision(
    number=1, public_url="https://gw", rules=(), limits=Bounds(), cors_origins=(), gate=stand_in(SimpleNamespace(judge=None)),
    faces={}, upstream=UpstreamSettings(host="up", port=1, authority=b"up"), operations_total=2, read_injection=Injection(),
    write_injection=Injection(),
)  # fmt: skip


def test_a_revision_with_the_same_target_keeps_the_pool_and_another_gets_its_own() -> None:
    async def scene() -> None:
        holder = Holder(REVISION)
        pool = holder.serving.pool
        holder.swap(replace(REVISION, number=2))
        assert holder.serving.pool is pool
        assert holder.revision.number == 2
        holder.swap(replace(REVISION, number=3, upstream=replace(REVISION.upstream, port=2)))
        assert holder.serving.pool is not pool
        holder.close()

    asyncio.run(scene())


def test_a_certificate_that_changed_gets_new_connections(authority: Authority) -> None:
    files = [TlsFiles(ca=Path(path).read_bytes()) for path in (authority.ca, authority.issue("other").cert)]
    one, other = (replace(REVISION.upstream, tls=True, tls_files=held) for held in files)

    async def scene() -> None:
        holder = Holder(replace(REVISION, upstream=one))
        pool = holder.serving.pool
        holder.swap(replace(REVISION, number=2, upstream=replace(one)))
        assert holder.serving.pool is pool
        holder.swap(replace(REVISION, number=3, upstream=other))
        assert holder.serving.pool is not pool
        holder.close()

    asyncio.run(scene())


def test_a_target_whose_certificates_cannot_be_read_changes_nothing() -> None:
    async def scene() -> None:
        holder = Holder(REVISION)
        unreadable = replace(REVISION.upstream, tls=True, tls_files=TlsFiles(ca=b"no certificate"))
        with pytest.raises(OSError, match="NO_CERTIFICATE"):
            holder.swap(replace(REVISION, upstream=unreadable))
        assert holder.revision is REVISION

    asyncio.run(scene())
