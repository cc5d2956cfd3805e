# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in, as text: OpenSSH's configuration and Ansible's inventory. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

HOST_KEY_ALIAS = "sluice-vm"


def ssh_config(ports: Mapping[str, int], directory: Path, sockets: Path) -> str:
    """Return an ssh_config(5) that knows every host by its name.

    `directory` holds login_key and known_hosts; `sockets` is where shared connections live, which
    must be short: a Unix socket's path has at most 107 bytes (unix(7)).
    """
    hosts = "".join(f"Host {host}\n    Port {port}\n" for host, port in ports.items())
    return f"""{hosts}
Host *
    HostName 127.0.0.1
    User root
    IdentityFile "{directory}/login_key"
    IdentitiesOnly yes
    HostKeyAlias {HOST_KEY_ALIAS}
    UserKnownHostsFile "{directory}/known_hosts"
    StrictHostKeyChecking yes
    KexAlgorithms curve25519-sha256
    Compression no
    LogLevel ERROR
    ConnectTimeout 20
    ServerAliveInterval 30
    ControlMaster auto
    ControlPersist 300
    ControlPath {sockets}/%n
"""


def inventory(groups: Mapping[str, Sequence[str]], config: Path) -> str:
    """Return an INI inventory whose hosts are reached through the ssh_config at `config`."""
    parts = (f"[{group}]\n" + "\n".join(hosts) + "\n\n" for group, hosts in groups.items())
    return f"""{"".join(parts)}[all:vars]
ansible_ssh_args=-F "{config}"
ansible_python_interpreter=/usr/bin/python3
"""
