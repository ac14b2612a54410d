"""The protocol: keep-alive connections, bodies, JSON answers, and a stop that drops nobody. No routes here."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from inventory.api import Api
    from inventory.log import Log

LARGEST_BODY = 64 * 1024
LENGTH = re.compile(r"[0-9]{1,18}")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Request(NamedTuple):
    """One request, read completely."""

    method: str
    path: str
    query: str
    headers: Any
    body: bytes


class Response(NamedTuple):
    """One answer; `document` becomes JSON, and None an empty body."""

    status: int
    document: Any = None
    headers: tuple[tuple[str, str], ...] = ()


def problem(status: int, code: str, message: str, details: Any = None, headers: Any = ()) -> Response:
    """An error as every client of this service gets it."""
    error = {"code": code, "message": message}
    if details is not None:
        error["details"] = details
    return Response(status, {"error": error}, tuple(headers))


class Server(ThreadingHTTPServer):
    """One thread a connection. It knows which connections wait for a request and which are in one."""

    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], api: Api, log: Log) -> None:
        self.api = api
        self.log = log
        self.draining = False
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._change = threading.Condition()
        self._connections: dict[socket.socket, bool] = {}  # to whether it is in a request
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer would look its own name up, which can take seconds in a container.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._change:
            self._connections[request] = False
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._change:
            self._connections.pop(request, None)
            self._change.notify_all()

    def mark(self, connection: socket.socket, in_request: bool) -> None:
        """A handler begins or ends a request."""
        with self._change:
            self._connections[connection] = in_request
            if self.draining and not in_request:
                hang_up(connection)

    def in_flight(self) -> int:
        with self._change:
            return sum(self._connections.values())

    def drain(self, seconds: float) -> int:
        """Stops accepting, lets what has begun end, and returns how many connections were left at the deadline."""
        deadline = time.monotonic() + seconds
        self.shutdown()
        self._accept_queued()
        self.server_close()
        with self._change:
            self.draining = True
            for connection, in_request in self._connections.items():
                if not in_request:
                    hang_up(connection)
            self._change.wait_for(lambda: not self._connections, timeout=max(0.0, deadline - time.monotonic()))
            return len(self._connections)

    def _accept_queued(self) -> None:
        """Serves the clients that the system has already connected."""
        self.socket.setblocking(False)
        try:
            while True:
                connection, address = self.socket.accept()
                connection.setblocking(True)
                self.process_request(connection, address)
        except OSError:
            pass

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection broke; what our own code raises has been answered and logged before."""


def hang_up(connection: socket.socket) -> None:
    """Ends the wait for a next request. What the client has sent before can still be read."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 75  # longer than the front end keeps idle connections, so that it is the one to close them
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        return "inventory-api"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        finally:
            self.server.mark(self.connection, in_request=False)

    def parse_request(self) -> bool:
        self.started = time.monotonic()
        self.server.mark(self.connection, in_request=True)
        return super().parse_request()

    def dispatch(self) -> None:
        given = self.headers.get("X-Request-Id", "")
        self.request_id = given if REQUEST_ID.fullmatch(given) else os.urandom(8).hex()
        body = self.read_body()
        if isinstance(body, Response):
            self.close_connection = True
            self.answer(body)
            self.discard()
            return
        path, _, query = self.path.partition("?")
        request = Request(self.command, unquote(path), query, self.headers, body)
        try:
            response = self.server.api.answer(request)
        except Exception as error:  # noqa: BLE001 - the client gets an answer whatever happens
            self.server.log.error("bug", request_id=self.request_id, message=f"{type(error).__name__}: {error}")
            response = problem(500, "internal", "the service has a bug; its log says more")
        self.answer(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = dispatch

    def handle_expect_100(self) -> bool:
        # A client that asks first is told at once when its body is too large.
        length = self.headers.get("Content-Length", "0")
        fits = LENGTH.fullmatch(length) and int(length) <= LARGEST_BODY
        go_on = super().handle_expect_100() if fits else True
        self.wfile.flush()  # the client waits for it
        return go_on

    def read_body(self) -> bytes | Response:
        if "Transfer-Encoding" in self.headers:
            return problem(411, "length_required", "send the body with a Content-Length")
        lengths = self.headers.get_all("Content-Length", ["0"])
        if len(lengths) > 1 or not LENGTH.fullmatch(lengths[0]):
            return problem(400, "bad_request", "the Content-Length is not a number")
        if int(lengths[0]) > LARGEST_BODY:
            return problem(413, "too_large", f"the body is larger than {LARGEST_BODY} bytes")
        body = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            return problem(400, "bad_request", "the body is shorter than its Content-Length")
        return body

    def discard(self) -> None:
        """Reads on for a moment: closing while the client still sends would take its answer away."""
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1)
            left = 4 * 1024 * 1024
            while left > 0:
                piece = self.rfile.read1(64 * 1024)
                left = left - len(piece) if piece else 0
        except OSError:
            pass  # the client has gone

    def answer(self, response: Response) -> None:
        empty = response.document is None
        body = b"" if empty else json.dumps(response.document, ensure_ascii=False).encode() + b"\n"
        if self.server.draining:
            self.close_connection = True
        self.send_response(response.status)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        if not empty:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Request-Id", self.request_id)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.log_answer(response.status, len(body))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class finds wrong, such as a request line that is none, as JSON too."""
        self.close_connection = True
        self.request_id = os.urandom(8).hex()
        self.request_version = self.protocol_version
        if not getattr(self, "command", None):
            self.command = "GET"
        self.answer(problem(code, "bad_request" if code < 500 else "not_supported", message or "the request is not HTTP"))

    def log_answer(self, status: int, size: int) -> None:
        milliseconds = round((time.monotonic() - getattr(self, "started", time.monotonic())) * 1000, 1)
        path = getattr(self, "path", "").partition("?")[0]  # a query may hold what is not for the log
        self.server.log.info(
            "request", method=self.command, path=path, status=status, bytes=size, ms=milliseconds,
            request_id=self.request_id,
        )

    def log_message(self, format: str, *arguments: Any) -> None:
        """The base class's own lines are not wanted."""
