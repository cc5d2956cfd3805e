# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the nodes of a test reach the Redis server of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sluice_proxy.snapshot.fleet import Redis

from running.redis_server import RedisServer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "proxy" / "fleet.md"
USER = "edge"
USERS_PASSWORD = "password-of-the-edge"
SECRET = "a secret that all of the nodes have\n"


def secret_file(folder: Path, name: str, text: str, mode: int = 0o600) -> str:
    """Return the path of a file with a secret, which is made."""
    path = folder / name
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text)
    return str(path)


def redis_of(server: RedisServer, folder: Path, **others: Any) -> Redis:
    """Return how ``server`` is reached, with its password in a file in ``folder``."""
    known = {
        "address": server.address,
        "password_file": secret_file(folder, "password", f"{server.password}\n"),
    }
    return Redis(**(known | others))


def least_user(server: RedisServer, folder: Path) -> dict[str, Any]:
    """Make the user that the documentation asks for, and return what a node sets to be it."""
    text = PAGE.read_text()
    found = re.search(r"^ACL SETUSER edge (.*)$", text, re.MULTILINE)
    assert found is not None
    with server.client() as client:
        rules = found[1].replace(">PASSWORD", f">{USERS_PASSWORD}").split()
        client.execute_command("ACL", "SETUSER", USER, "reset", *rules)
    return {
        "username": USER,
        "password_file": secret_file(folder, "users-password", USERS_PASSWORD),
    }
