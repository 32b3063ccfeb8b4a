import socket
import threading
import time
from contextlib import contextmanager

import pytest

from moodline.chaos.proxy import HOST, FaultProxy
from tests.servers import free_ports

PATIENCE_S = 10.0


@contextmanager
def echo_server():
    """A server that sends back what it gets; gives its port and the connections it has."""
    listener = socket.create_server((HOST, 0))
    connections = []

    def serve(connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except ConnectionError:
                pass

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], connections
    finally:
        # Closing alone would not wake the thread that accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def proxy():
    with echo_server() as (port, _), FaultProxy(port) as one:
        yield one


@contextmanager
def connected(proxy):
    with socket.create_connection((HOST, proxy.port), PATIENCE_S) as connection:
        yield connection


def exchange(connection, data=b"hello"):
    connection.sendall(data)
    return receive(connection, len(data))


def receive(connection, size):
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        assert more, "the connection has ended"
        got += more
    return got


def test_bytes_pass_unchanged_and_are_counted(proxy):
    data = bytes(range(256)) * 4000
    with connected(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=(data,))
        sender.start()
        assert receive(connection, len(data)) == data
        sender.join()
    assert (proxy.connections, proxy.carried) == (1, 2 * len(data))


def test_who_stops_sending_still_gets_the_rest(proxy):
    proxy.delay(0.05)
    with connected(proxy) as connection:
        connection.sendall(b"last words")
        connection.shutdown(socket.SHUT_WR)
        assert receive(connection, 10) == b"last words"
        assert connection.recv(1) == b""


def test_delayed_bytes_come_late_and_in_order(proxy):
    with connected(proxy) as connection:
        exchange(connection)
        proxy.delay(0.15)
        began = time.monotonic()
        connection.sendall(b"a")
        connection.sendall(b"b")
        assert receive(connection, 2) == b"ab"
        assert time.monotonic() - began >= 0.29
        proxy.lift()
        assert exchange(connection) == b"hello"


def test_a_limit_makes_bytes_slow(proxy):
    with connected(proxy) as connection:
        proxy.limit(50_000)
        began = time.monotonic()
        assert exchange(connection, bytes(20_000)) == bytes(20_000)
        assert time.monotonic() - began >= 0.35


def test_bytes_held_back_come_after_all(proxy):
    with connected(proxy) as connection:
        proxy.limit(0)
        connection.sendall(b"patience")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE_S)
        proxy.lift()
        assert receive(connection, 8) == b"patience"


def test_a_black_hole_accepts_and_answers_nothing_and_what_it_tore_is_reset_when_it_is_lifted(proxy):
    with connected(proxy) as old:
        exchange(old)
        proxy.black_hole()
        with connected(proxy) as new:
            for connection in (old, new):
                connection.sendall(b"anybody?")
                connection.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    connection.recv(1)
                connection.settimeout(PATIENCE_S)
            proxy.lift()
            for connection in (old, new):
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)
    with connected(proxy) as another:
        assert exchange(another) == b"hello"


def test_a_connection_that_lost_nothing_outlives_a_black_hole(proxy):
    with connected(proxy) as connection:
        exchange(connection)
        proxy.black_hole()
        proxy.lift()
        assert exchange(connection) == b"hello"


def test_refused_connections_are_refused_and_open_ones_stay_and_the_port_comes_back(proxy):
    with connected(proxy) as connection:
        exchange(connection)
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError), connected(proxy):
            pass
        assert exchange(connection) == b"hello"
        port = proxy.port
        proxy.lift()
        assert proxy.port == port
    with connected(proxy) as connection:
        assert exchange(connection) == b"hello"


def test_a_cut_is_felt_at_both_ends():
    with echo_server() as (port, connections), FaultProxy(port) as proxy, connected(proxy) as connection:
        exchange(connection)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        deadline = time.monotonic() + PATIENCE_S
        while connections[0].fileno() != -1:
            assert time.monotonic() < deadline, "the server has not felt it"
            time.sleep(0.01)


def test_without_a_server_a_client_is_reset():
    (port,) = free_ports(1)
    with FaultProxy(port) as proxy, pytest.raises(ConnectionResetError), connected(proxy) as connection:
        connection.recv(1)


def test_an_address_keeps_everything_but_its_place(proxy):
    through = proxy.through("rtsp://ann:p%20w%3A%40@127.0.0.1:554/cam0?stream=1")
    assert through == f"rtsp://ann:p%20w%3A%40@{HOST}:{proxy.port}/cam0?stream=1"
    assert proxy.through("rtsp://127.0.0.1:554/cam0") == f"rtsp://{HOST}:{proxy.port}/cam0"


def test_closing_ends_open_connections_and_can_be_repeated(proxy):
    with connected(proxy) as connection:
        exchange(connection)
        proxy.close()
        proxy.close()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
