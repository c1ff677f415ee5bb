"""Real servers on loopback for tests: a small HTTP server with answers of our choice, and nginx in front of one."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    # Seconds after each byte; 0 sends all at once.
    drip: float = 0
    # What stands behind the status; empty for the usual words.
    reason: str = ""

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Raw:
    """What a server says byte for byte in place of an answer, before it hangs up."""

    pieces: Iterable[bytes]
    # Seconds after each piece.
    pause: float = 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(answer: Callable[[Request], Reply | Raw]) -> Iterator[str]:
    """Base address of an HTTP server that answers every request with `answer`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes; without this each answer waits 40 ms for an acknowledgement.
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
            if isinstance(reply, Raw):
                self._say(reply)
                return
            content = reply.encoded()
            self.send_response(reply.status, reply.reason or None)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            try:
                for piece in [content[i : i + 1] for i in range(len(content))] if reply.drip else [content]:
                    self.wfile.write(piece)
                    time.sleep(reply.drip)
            except ConnectionError:
                self.close_connection = True

        def _say(self, raw: Raw) -> None:
            self.close_connection = True
            with suppress(ConnectionError):
                for piece in raw.pieces:
                    self.wfile.write(piece)
                    if ended.wait(raw.pause):
                        return

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: object) -> None:
            return

    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            server.handle_request()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        # A last guest, so that it sees at once that it has ended: there are 700 servers in a fast run.
        socket.create_connection(("127.0.0.1", server.server_port)).close()
        thread.join()
        server.server_close()


@contextmanager
def listening(answer: bytes | None, drip: float = 0.0) -> Iterator[int]:
    """Port of a server that sends these bytes to everyone and hangs up, or never says a word.

    drip: seconds after each byte.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection, suppress(ConnectionError):
                    connection.recv(65536)
                    for piece in [bytes([byte]) for byte in answer or b""] if drip else [answer or b""]:
                        connection.sendall(piece)
                        time.sleep(drip)

        server.settimeout(0.1)
        thread = threading.Thread(target=serve)
        if answer:
            thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            ended.set()
            if answer:
                thread.join()


@contextmanager
def nginx(folder: Path, server_block: str, http_block: str = "") -> Iterator[str]:
    """Base address of a real nginx; `server_block` stands inside `server {}`; skips where nginx is missing."""
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(binary).exists():
        pytest.skip("nginx is not installed")
    port = free_port()
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    # Workers of a root process would be somebody who may not write into the test's folder.
    worker = "user root; " if os.getuid() == 0 else ""
    conf.write_text(
        f"{worker}daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{http_block}\n"
        f"server {{ listen 127.0.0.1:{port}; {server_block} }} }}\n"
    )
    process = subprocess.Popen(
        [binary, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(conf)], stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Returns when a server that was started listens; fails when it ended instead."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on {port}")
