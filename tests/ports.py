"""Free ports, for programs that cannot choose their own and say which."""

import contextlib
import socket
from random import randrange


def free_ports(count: int) -> list[int]:
    """Return different ports below those that the system gives to connections, because one of these may be taken before it is used."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            sock = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                sock.bind(("127.0.0.1", randrange(10_000, 32_000)))
                ports.append(sock.getsockname()[1])
        return ports


def free_port() -> int:
    return free_ports(1)[0]
