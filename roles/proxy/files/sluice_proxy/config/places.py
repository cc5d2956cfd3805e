# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses in text form: where to listen, whom to trust, where targets are."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from sluice_proxy.routes.model.host_pattern import whole_host_name
from sluice_proxy.routes.model.path_pattern import sent_path
from sluice_proxy.routes.model.target import Scheme, Target
from sluice_proxy.snapshot.listening import Address, InheritedSocket, TcpAddress, UnixAddress
from sluice_proxy.snapshot.networks import Network

_SCHEMES = {
    "http": Scheme.HTTP,
    "https": Scheme.HTTPS,
    "ws": Scheme.HTTP,
    "wss": Scheme.HTTPS,
}
_SIMPLE = re.compile(
    r"(https?)://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){0,8}[a-z0-9-]{1,63}):([0-9]{1,5})\Z"
)
_MAX_SOCKET_PATH = 107
_URI_CHARACTERS = re.compile(r"[!-~]+\Z")
_USER = re.compile(r"//[^/?#]*@")


def network(text: str) -> Network:
    """Return the network that ``text`` stands for, a single address included. Raises ValueError."""
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        wider = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not a network: write it like 10.0.0.0/8") from None
    raise ValueError(f"{text!r} has bits of a host set: write {wider}")


def listen_address(text: str) -> Address:
    """Return the address that ``text`` stands for. Raises ValueError."""
    if text.startswith("unix:"):
        return UnixAddress(socket_path(text[5:]))
    if text.startswith("systemd:"):
        if not text[8:]:
            raise ValueError("systemd: has no name: write the socket unit's FileDescriptorName")
        return InheritedSocket(text[8:])
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(
            f"{text!r} has no port: write it like 0.0.0.0:80, [::]:443 or unix:/run/edge.sock"
        )
    bare = host.removeprefix("[").removesuffix("]")
    try:
        parsed = ip_address(bare)
    except ValueError:
        raise ValueError(
            f"{host!r} is not an IP address: write 0.0.0.0 or [::] for all of the machine"
        ) from None
    if (parsed.version == 6) != (host != bare):
        raise ValueError(f"{host!r}: write an IPv6 address, and only one, in brackets")
    return TcpAddress(str(parsed), port_number(port))


def server_address(text: str) -> str:
    """Return the address of a server, HOST:PORT or the path of a unix socket. Raises ValueError."""
    if text.startswith("unix:"):
        return socket_path(text[5:])
    _host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        raise ValueError(f"{text!r} has no port: write it like redis.example.com:6379")
    return authority(text)


def socket_path(text: str) -> str:
    """Return the path of a socket file. Raises ValueError."""
    if not text.startswith("/"):
        raise ValueError(f"socket {text!r} does not begin with /: write the whole path")
    if len(text.encode()) > _MAX_SOCKET_PATH:
        raise ValueError(f"socket {text!r} is longer than {_MAX_SOCKET_PATH} bytes")
    return text


def port_number(text: str) -> int:
    """Return a port. Raises ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"port {text!r} is not a number: use 1 to 65535")
    number = int(text[:9])
    if not 1 <= number <= 65535:
        raise ValueError(f"port {text} is out of range: use 1 to 65535")
    return number


def target_place(text: str) -> Target:
    """Return a target from its URI: http, https, ws, wss or unix. Raises ValueError."""
    simple = _SIMPLE.match(text)
    if simple is not None:
        return Target(_SCHEMES[simple[1]], whole_host_name(simple[2]), port_number(simple[3]))
    if _USER.search(text):
        # What stands before the @ may be a password.
        raise ValueError("a target has no user: leave out what stands before the @")
    if not _URI_CHARACTERS.match(text):
        raise ValueError(f"{text!r} is not an URI: it has a character that none can have")
    scheme, colon, rest = text.partition(":")
    if scheme == "unix" and colon:
        return Target(Scheme.HTTP, socket=socket_path(rest))
    if scheme not in _SCHEMES or not rest.startswith("//"):
        raise ValueError(
            f"{text!r} is not a target: write http://HOST:PORT, https://HOST:PORT"
            " or unix:/PATH/OF/SOCKET"
        )
    return _from_uri(text, _SCHEMES[scheme])


def is_url(text: str, *schemes: str) -> bool:
    """Return whether ``text`` is a URL of one of ``schemes`` with a host, and without a user, which
    may be a secret, or a fragment, which nobody is sent."""
    if not _URI_CHARACTERS.match(text) or _USER.search(text) or "#" in text:
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        # An IPv6 address was looked at already.
        name = host if ":" in host else whole_host_name(host)
        return parts.scheme in schemes and bool(name) and parts.port != 0
    except ValueError:
        return False


def _from_uri(text: str, scheme: Scheme) -> Target:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise ValueError(f"{text!r} is not an URI: {error}") from None
    if "#" in text:
        raise ValueError(f"{text!r}: a target has no fragment: leave it out")
    if not host:
        raise ValueError(f"{text!r} has no host")
    name = _ipv6(host) if ":" in host else whole_host_name(host)
    _unused, colon, port = parts.netloc.rpartition("]")[2].partition(":")
    number = port_number(port) if colon else (443 if scheme is Scheme.HTTPS else 80)
    path = sent_path(parts.path)
    return Target(scheme, name, number, path="" if path == "/" else path, query=parts.query)


def authority(text: str) -> str:
    """Return a host with an optional port, as the field Host has it. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        host, port = text, ""
    if host.startswith("["):
        name = f"[{_ipv6(host[1:-1])}]" if host.endswith("]") else ""
    else:
        name = whole_host_name(host)
    if not name:
        raise ValueError(f"{text!r} is not a host with an optional port")
    return f"{name}:{port_number(port)}" if port else name


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv6 address") from None
    if address.scope_id is not None:
        raise ValueError(f"{text!r} has a zone: targets and hosts are named without one")
    return address.compressed
