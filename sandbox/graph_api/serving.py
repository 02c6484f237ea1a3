"""Serves an application on loopback in a thread of its own, and stops it for certain."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
_PATIENCE = 10.0
_STEP = 0.01


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextmanager
def serve(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve ``app`` on 127.0.0.1 and yield its base URL, ``http://127.0.0.1:PORT``; 0 takes a free port.

    Raises:
        RuntimeError: the server did not start, or did not stop, within ten seconds.

    """
    server = _server(app)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="sandbox-graph", daemon=True
        )
        thread.start()
        try:
            pause = threading.Event()
            for _ in range(int(_PATIENCE / _STEP)):
                if server.started or not thread.is_alive():
                    break
                pause.wait(_STEP)
            if not server.started:
                message = "the sandbox server did not start"
                raise RuntimeError(message)
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE / 2)
            server.force_exit = True
            thread.join(_PATIENCE / 2)
            if thread.is_alive():
                message = "the sandbox server did not stop"
                raise RuntimeError(message)
