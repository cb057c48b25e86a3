import socket
from pathlib import Path

import pytest

from plugin_gateway.config.address import Address
from plugin_gateway.errors import UsageError
from plugin_gateway.server.sockets import listen, open_listeners
from tests.bounds import BOUND_S


def close(listeners: list[socket.socket]) -> None:
    for listener in listeners:
        listener.close()


def test_port_0_gets_a_number_that_all_workers_share() -> None:
    address, listeners = open_listeners(Address("127.0.0.1", 0), 3)
    assert address.port != 0
    assert {listener.getsockname() for listener in listeners} == {("127.0.0.1", address.port)}
    close(listeners)


def test_no_client_can_connect_before_the_gateway_listens() -> None:
    address, listeners = open_listeners(Address("127.0.0.1", 0), 2)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", address.port), timeout=BOUND_S)
    listen(address, listeners)
    socket.create_connection(("127.0.0.1", address.port), timeout=BOUND_S).close()
    close(listeners)


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("second", [1, 2])
def test_a_second_gateway_on_the_same_port_fails_with_a_message(first: int, second: int) -> None:
    address, listeners = open_listeners(Address("127.0.0.1", 0), first)
    listen(address, listeners)
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{address.port}: another process listens there"):
        open_listeners(address, second)
    close(listeners)


def test_an_address_of_another_machine_is_reported() -> None:
    with pytest.raises(UsageError, match="no such address"):
        open_listeners(Address("192.0.2.1", 0), 1)


def test_a_name_that_does_not_resolve_is_reported() -> None:
    with pytest.raises(UsageError, match=r"cannot listen on nowhere\.invalid:80"):
        open_listeners(Address("nowhere.invalid", 80), 1)


def test_an_address_for_every_interface_serves_both_families() -> None:
    address, listeners = open_listeners(Address("::", 0), 1)
    listen(address, listeners)
    socket.create_connection(("127.0.0.1", address.port), timeout=BOUND_S).close()
    close(listeners)


def test_a_unix_socket_is_shared_and_a_stale_one_replaced(tmp_path: Path) -> None:
    address = Address(socket=str(tmp_path / "gateway.sock"))
    _, first = open_listeners(address, 2)
    listen(address, first)
    with pytest.raises(UsageError, match="another process listens there"):
        open_listeners(address, 1)
    close(first)
    _, second = open_listeners(address, 1)
    listen(address, second)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(address.socket)
    close(second)


def test_a_file_that_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(UsageError, match="not a socket"):
        open_listeners(Address(socket=str(path)), 1)
    assert path.read_text() == "data"
