"""The listening sockets: one for each worker, opened once by the supervisor, which keeps them open when a worker ends."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_gateway.errors import UsageError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.config.address import Address

BACKLOG = 4096


def open_listeners(address: Address, count: int) -> tuple[Address, list[socket.socket]]:
    """Bind `count` sockets to one address without listening; return them and the address with its actual port.

    With several workers, each has a separate socket (SO_REUSEPORT), and the kernel spreads new connections evenly. On
    one shared socket the worker that wakes first takes most of them. The supervisor keeps the sockets open, so
    connections queued for a worker that died wait for its replacement.

    Raises:
        UsageError: the address cannot be listened on.
    """
    if address.socket:
        first = unix_listener(address)
        return address, [first, *(first.dup() for _ in range(count - 1))]
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise UsageError(f"cannot listen on {address}: {error.strerror or error}") from error
    # Bind without SO_REUSEPORT first: with it, a second gateway could bind the same port and take part of the calls.
    probe = bound(family, kind, protocol, where, address=address, shared=False)
    where = probe.getsockname()
    address = replace(address, port=where[1])
    if count == 1:
        listeners = [probe]
    else:
        with closing(probe):
            pass
        listeners = [bound(family, kind, protocol, where, address=address, shared=True) for _ in range(count)]
    return address, listeners


def listen(address: Address, listeners: Iterable[socket.socket]) -> None:
    """Start to listen: from now on connections wait for a worker to accept them.

    Raises:
        UsageError: another process listened first.
    """
    for listener in listeners:
        try:
            listener.listen(BACKLOG)
        except OSError as error:
            raise UsageError(f"cannot listen on {address}: {reason(error)}") from error


def bound(
    family: int, kind: int, protocol: int, where: tuple[object, ...] | str, *, address: Address, shared: bool
) -> socket.socket:
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        listener.bind(where)
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {address}: {reason(error)}") from error
    listener.setblocking(False)
    return listener


def unix_listener(address: Address) -> socket.socket:
    remove_stale(address)
    return bound_unix(address)


def remove_stale(address: Address) -> None:
    """Remove a stale socket file. Refuse a path that another process listens on, or that is not a socket."""
    try:
        if not stat.S_ISSOCK(os.stat(address.socket).st_mode):  # noqa: PTH116  # an address is text
            raise UsageError(f"cannot listen on {address}: the path exists and is not a socket")
    except FileNotFoundError:
        return
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as client:
        try:
            client.connect(address.socket)
        except ConnectionRefusedError:
            os.unlink(address.socket)  # noqa: PTH108  # an address is text
        else:
            raise UsageError(f"cannot listen on {address}: another process listens there")


def bound_unix(address: Address) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(address.socket)
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {address}: {reason(error)}") from error
    listener.setblocking(False)
    return listener


def reason(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another process listens there; stop it, or choose another address with --listen or --admin"
        case errno.EACCES:
            return "permission denied; a port below 1024 needs a privilege, 8080 does not"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address; use 0.0.0.0 for all its addresses"
        case _:
            return reason_of(error)
