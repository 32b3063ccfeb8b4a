"""A TCP proxy on 127.0.0.1 whose network fails on command; used by tests and measurements, before any server."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

HOST = "127.0.0.1"

_CHUNK = 1 << 14
_CHUNKS = 16
"""So many chunks may wait in each direction; then TCP itself slows the sender down."""

_Waiting: TypeAlias = "asyncio.Queue[tuple[float, bytes]]"
"""Chunks, each with the time of the loop at which it is due; an empty one is the last."""

_AT_ONCE = struct.pack("ii", 1, 0)
"""`SO_LINGER` with which a closed connection is reset."""


class _Connection:
    """A client's connection and the one to the server.

    Attributes:
        ends: what is written to: client and, unless it is swallowed from the beginning, server.
        torn: whether bytes of it were swallowed, so that what follows makes no sense.
    """

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.ends = [client]
        self.torn = False

    def reset(self) -> None:
        """End it at both ends with a reset."""
        for end in self.ends:
            if not end.transport.is_closing():
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                end.transport.abort()


class FaultProxy:
    """Passes connections on to a server of this machine; use it as a context.

    Faults add up and stay until `lift`; they hold for the connections that are open, too.

    Args:
        server_port: where the server listens.

    Attributes:
        port: where the proxy listens; it stays the same over `refuse`.
        connections: accepted so far.
        carried: bytes handed on so far, both directions.
    """

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.connections = 0
        self.carried = 0
        self._server_port = server_port
        self._open: set[_Connection] = set()
        self._listener: asyncio.Server | None = None
        self._delay_s = 0.0
        self._limit: float | None = None
        self._swallows = False
        self._changed = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._do(self._listen())

    def through(self, url: str) -> str:
        """Give an address of the server as one of the proxy."""
        parts = urlsplit(url)
        person, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{person}{at}{HOST}:{self.port}").geturl()

    def delay(self, seconds: float) -> None:
        """Hand bytes on so much later, in each direction."""
        self._do(self._set(delay_s=seconds))

    def limit(self, bytes_per_s: float) -> None:
        """Hand on so many bytes a second in each direction; with 0 they wait, and come in a burst after `lift`."""
        self._do(self._set(limit=bytes_per_s))

    def black_hole(self) -> None:
        """Accept connections and swallow all bytes; `lift` resets the connections that lost some."""
        self._do(self._set(swallows=True))

    def refuse(self) -> None:
        """Accept no more connections: they are refused; open ones stay."""
        self._do(self._hang_up())

    def cut(self) -> None:
        """Reset all open connections at both ends, once."""
        self._do(self._reset(list(self._open)))

    def lift(self) -> None:
        """Pass everything on again, and listen on the same port."""
        self._do(self._mend())

    def close(self) -> None:
        """End it and all connections; calling it again does nothing."""
        if self._loop.is_closed():
            return
        self._do(self._hang_up())
        self._do(self._reset(list(self._open)))
        self._do(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Have the proxy's own thread do something, and wait until it is done."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._accept, HOST, self.port, reuse_address=True)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _set(self, *, delay_s: float = 0.0, limit: float | None = None, swallows: bool = False) -> None:
        self._delay_s = delay_s or self._delay_s
        self._limit = self._limit if limit is None else limit
        self._swallows = swallows or self._swallows
        self._wake()

    async def _mend(self) -> None:
        self._delay_s, self._limit, self._swallows = 0.0, None, False
        self._wake()
        await self._reset([one for one in self._open if one.torn])
        if self._listener is None:
            await self._listen()

    def _wake(self) -> None:
        """Let those who wait see how things are now."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _reset(self, connections: list[_Connection]) -> None:
        for connection in connections:
            connection.reset()

    async def _finish(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Serve one client until its connection has ended."""
        self.connections += 1
        connection = _Connection(client)
        self._open.add(connection)
        try:
            if self._swallows:
                connection.torn = True
                while await reader.read(_CHUNK):
                    pass
            else:
                await self._join(reader, connection)
        except* OSError:
            # One end has gone, which the other is to feel.
            connection.reset()
        finally:
            self._open.discard(connection)
            for end in connection.ends:
                end.close()

    async def _join(self, client_reader: asyncio.StreamReader, connection: _Connection) -> None:
        """Hand everything on between a client and the server; ends when both have ended, or one of them breaks."""
        server_reader, server = await asyncio.open_connection(HOST, self._server_port)
        client = connection.ends[0]
        connection.ends.append(server)
        async with asyncio.TaskGroup() as tasks:
            for source, sink in ((client_reader, server), (server_reader, client)):
                waiting: _Waiting = asyncio.Queue(_CHUNKS)
                tasks.create_task(self._take(source, waiting, connection))
                tasks.create_task(self._hand_on(waiting, sink))

    async def _take(self, source: asyncio.StreamReader, waiting: _Waiting, connection: _Connection) -> None:
        data = b"?"
        while data:
            data = await source.read(_CHUNK)
            if self._swallows and data:
                connection.torn = True
            else:
                await waiting.put((self._loop.time() + self._delay_s, data))

    async def _hand_on(self, waiting: _Waiting, sink: asyncio.StreamWriter) -> None:
        """Write what waits when it is due, as fast as allowed; an empty chunk says that the source has ended."""
        while (due := await waiting.get())[1]:
            await asyncio.sleep(due[0] - self._loop.time())
            rest = due[1]
            while rest:
                rest = await self._write_some(rest, sink)
        sink.write_eof()

    async def _write_some(self, data: bytes, sink: asyncio.StreamWriter) -> bytes:
        """Write a part of the data, wait as long as it may take, and give the rest."""
        if self._limit == 0:
            await self._changed.wait()
            return data
        limit = self._limit
        size = len(data) if limit is None else max(int(limit * 0.02), 1)
        self.carried += min(size, len(data))
        sink.write(data[:size])
        await sink.drain()
        if limit is not None:
            await asyncio.sleep(min(size, len(data)) / limit)
        return data[size:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
