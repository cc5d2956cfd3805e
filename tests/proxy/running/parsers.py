# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstreams whose parsers are not ours: nginx and node, which note what they understand."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from running.command import command
from running.service import free_port, until

_RECORDING = Path(__file__).with_name("recording.js")
# What it gets goes on to a server within, because only so does nginx read content for its log.
# It answers nothing to a request that is broken off.
_NGINX = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {folder}/client;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  log_format seen escape=json
    '{{"line": "$request", "content": "$request_body", "status": $status, "sent": $bytes_sent}}';
  access_log {folder}/seen seen;
  large_client_header_buffers 8 64k;
  client_body_buffer_size 1m;
  client_max_body_size 0;
  keepalive_requests 1000000;
  keepalive_timeout 600;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_http_version 1.1;
      proxy_pass http://unix:{folder}/within;
    }}
  }}
  server {{
    listen unix:{folder}/within;
    access_log off;
    return 200 "$request_method $request_uri HTTP/1.1";
  }}
}}
"""


@dataclass(frozen=True)
class Seen:
    """A request as an upstream understood it: its first line, and its content decoded.

    One that the upstream refuses has neither.
    """

    line: str
    content: str


REFUSED = Seen("", "")


class Parser:
    """An upstream that runs, and what it has noted."""

    def __init__(self, port: int, notes: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._notes = notes
        self._read = 0

    def seen(self, last: Seen) -> list[Seen]:
        """Return what was noted since the last call, once ``last`` was.

        Requests that were broken off are left out.
        """
        found: list[Seen] = []

        def is_there() -> bool:
            found[:] = self._noted()
            return last in found

        until(is_there, f"the note of {last}")
        self._read = self._notes.stat().st_size
        return found

    def _noted(self) -> list[Seen]:
        with self._notes.open("rb") as file:
            file.seek(self._read)
            whole, _mark, _rest = file.read().decode("latin-1").rpartition("\n")
        notes = [json.loads(line, strict=False) for line in whole.splitlines()]
        return [
            REFUSED if note["status"] == 400 else Seen(note["line"], note["content"])
            for note in notes
            if note["sent"]
        ]


@contextmanager
def nginx(folder: Path) -> Iterator[Parser]:
    """Run nginx."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port))
    with _running(folder, port, command("nginx"), "-p", str(folder), "-c", str(config)) as one:
        yield one


@contextmanager
def node(folder: Path) -> Iterator[Parser]:
    """Run a server of node's ``http``."""
    port = free_port()
    with _running(
        folder, port, command("node"), str(_RECORDING), str(port), str(folder / "seen")
    ) as one:
        yield one


@contextmanager
def _running(folder: Path, port: int, *arguments: str) -> Iterator[Parser]:
    output = folder / "output"
    (folder / "seen").touch()
    with output.open("wb") as file:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
    try:

        def listens() -> bool:
            assert process.poll() is None, output.read_text()
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0

        until(listens, f"{arguments[0]} at port {port}")
        yield Parser(port, folder / "seen")
    finally:
        process.terminate()
        process.wait()
