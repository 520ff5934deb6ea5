"""Has Streamlit's server take the door over: the socket that listens, and who came in meanwhile."""

import asyncio
import socket
from typing import Any

from vit_explainer.door import porter


def through(door: porter.Porter) -> None:
    """Have Streamlit's server listen with this socket. One that would listen elsewhere, for whatever reason, finds the door closed."""
    import uvicorn
    from streamlit import config
    from streamlit.web.server.starlette import starlette_server

    bind, unused = starlette_server._bind_socket, [door]

    def bound(address: str, port: int, backlog: int) -> socket.socket:
        while unused:
            one = unused.pop()
            if (address, port) == (one.address, one.port):
                config.set_option("logger.hideWelcomeMessage", True)  # the address was said
                return one.listener
            one.close()
        return bind(address, port, backlog)

    class Server(uvicorn.Server):
        """It goes on with the connections that came before it."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if door.listener in (sockets or []):
                door.leave(Connections(self).take)

    starlette_server._bind_socket = bound
    uvicorn.Server = Server


class Connections:
    """What gives connections to a server that has started up."""

    def __init__(self, server: Any) -> None:
        self.server, self.loop = server, asyncio.get_running_loop()
        self.tasks: set[asyncio.Task] = set()

    def protocol(self) -> asyncio.Protocol:
        """As the server has one made for a connection that it accepted itself."""
        server = self.server
        return server.config.http_protocol_class(config=server.config, server_state=server.server_state, app_state=server.lifespan.state)

    def take(self, connection: socket.socket) -> None:
        """Called in any thread."""
        try:
            self.loop.call_soon_threadsafe(self.begin, connection)
        except RuntimeError:  # it has ended
            connection.close()

    def begin(self, connection: socket.socket) -> None:
        """Called in the server's."""
        task = self.loop.create_task(self.connect(connection))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def connect(self, connection: socket.socket) -> None:
        """One whose browser is gone is closed."""
        try:
            await self.loop.connect_accepted_socket(self.protocol, connection)
        except OSError:
            connection.close()
