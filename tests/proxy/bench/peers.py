# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxies that are compared, each with its log on, one worker, and connections kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from running.service import free_port

from bench.processes import Pinned, command

FILES = Path(__file__).resolve().parents[3] / "roles" / "proxy" / "files"


@dataclass(frozen=True)
class Place:
    """Folder and ports of one proxy, and what stands behind and in front of it."""

    folder: Path
    plain: int
    secure: int
    origin: int
    certificate: Path
    key: Path

    @property
    def socket(self) -> Path:
        """Where the admin API of ``sluice`` is."""
        return self.folder / "admin.sock"

    def write(self, name: str, text: str) -> str:
        """Write a file of the configuration and return its path."""
        path = self.folder / name
        path.write_text(dedent(text))
        return str(path)


def _nginx_paths(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def origin(folder: Path, port: int, processors: str) -> Pinned:
    """Start what all proxies stand before: nginx with small and large files."""
    (folder / "www").mkdir(parents=True)
    for name, size in (("100k", 102_400), ("10m", 10_485_760)):
        (folder / "www" / name).write_bytes(b"x" * size)
    path = folder / "origin.conf"
    path.write_text(
        f"""
        daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;
        events {{ worker_connections 4096; }}
        http {{
          access_log off; keepalive_requests 1000000000; sendfile on; {_nginx_paths(folder)}
          server {{
            listen 127.0.0.1:{port} backlog=4096; root {folder}/www;
            location = /small {{ default_type text/plain; return 200 "hello world\\n"; }}
          }}
        }}
        """
    )
    return Pinned([command("nginx"), "-c", str(path)], processors, folder / "output")


def nginx(place: Place) -> list[str]:
    """Return the command that runs nginx."""
    config = f"""
        daemon off; master_process off; pid {place.folder}/pid; error_log {place.folder}/error;
        events {{ worker_connections 20000; }}
        http {{
          access_log {place.folder}/access.log combined buffer=64k flush=1s;
          keepalive_requests 1000000000; {_nginx_paths(place.folder)}
          ssl_certificate {place.certificate}; ssl_certificate_key {place.key};
          upstream origin {{ server 127.0.0.1:{place.origin}; keepalive 128; }}
          server {{
            listen 127.0.0.1:{place.plain} backlog=4096;
            listen 127.0.0.1:{place.secure} ssl backlog=4096;
            location / {{
              proxy_pass http://origin; proxy_http_version 1.1;
              proxy_set_header Connection ""; proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $remote_addr;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_set_header X-Request-Id $request_id;
            }}
          }}
        }}
        """
    return [command("nginx"), "-c", place.write("nginx.conf", config)]


def haproxy(place: Place) -> list[str]:
    """Return the command that runs haproxy; it logs to its output."""
    both = place.folder / "both.pem"
    both.write_bytes(place.certificate.read_bytes() + place.key.read_bytes())
    config = f"""
        global
          nbthread 1
          maxconn 9000
          log stdout format raw local0
        defaults
          mode http
          log global
          option httplog
          option forwardfor
          http-reuse always
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        frontend all
          bind 127.0.0.1:{place.plain} backlog 4096
          bind 127.0.0.1:{place.secure} ssl crt {both} backlog 4096
          default_backend origin
        backend origin
          server origin 127.0.0.1:{place.origin}
        """
    return [command("haproxy"), "-f", place.write("haproxy.cfg", config)]


def caddy(place: Place) -> list[str]:
    """Return the command that runs caddy."""
    log = f"log {{ output file {place.folder}/access.log }}".replace("{", "{\n").replace("}", "\n}")
    config = f"""{{
        admin off
        auto_https off
        }}
        http://127.0.0.1:{place.plain} {{
        {log}
        reverse_proxy 127.0.0.1:{place.origin}
        }}
        https://127.0.0.1:{place.secure} {{
        tls {place.certificate} {place.key}
        {log}
        reverse_proxy 127.0.0.1:{place.origin}
        }}
        """
    path = place.write("Caddyfile", config)
    return [
        "env",
        "GOMAXPROCS=1",
        f"HOME={place.folder}",
        command("caddy"),
        "run",
        "--config",
        path,
    ]


def sluice(place: Place, routes: int = 1, workers: int = 1, more: str = "") -> list[str]:
    """Return the command that runs the proxy of this collection, with as many routes; ``more`` is
    of its configuration.

    Number 0 is for every host, the others are for a host each: h1.example.com and so on.
    """
    others = "".join(
        f"  - {{name: r{number}, hosts: [h{number}.example.com],"
        f" targets: ['http://127.0.0.1:{place.origin}']}}\n"
        for number in range(1, routes)
    )
    config = (
        f"listen:\n  - 127.0.0.1:{place.plain}\n"
        f"  - {{address: '127.0.0.1:{place.secure}', tls: true}}\n"
        f"workers: {workers}\nlog: {{access: {place.folder}/access.log}}\n"
        f"certificates: [{{chain: {place.certificate}, key: {place.key}}}]\n"
        f"store: {place.folder}/edge.db\nadmin: {{listen: 'unix:{place.socket}'}}\n"
        f"routes:\n  - {{name: all, targets: ['http://127.0.0.1:{place.origin}']}}\n{others}{more}"
    )
    (place.folder / "edge.yml").write_text(config)
    return [
        "env",
        f"PYTHONPATH={FILES}",
        sys.executable,
        "-m",
        "sluice_proxy",
        "serve",
        "--config",
        f"{place.folder}/edge.yml",
    ]


BY_NAME: dict[str, Callable[[Place], list[str]]] = {
    "nginx": nginx,
    "haproxy": haproxy,
    "caddy": caddy,
    "sluice": sluice,
}


def place_in(folder: Path, origin_port: int, certificate: Path, key: Path) -> Place:
    """Return a place with a folder and ports of its own."""
    folder.mkdir(mode=0o700)
    return Place(folder, free_port(), free_port(), origin_port, certificate, key)
