# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the admin API's manual, run one after the other, with what they answer."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from running.admin_api import AdminApi
from running.fake_edge import FakeEdge

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "proxy" / "api.md"
SOCKET = "/run/sluice-proxy/admin.sock"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str | None]]:
    """Return the commands of the manual in order, each with what it says that comes back."""
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(MANUAL.read_text())]
    found: list[tuple[str, str | None]] = []
    for language, text in blocks:
        if language == "sh":
            found.append((text, None))
        else:
            assert found[-1][1] is None, "an answer without its command"
            found[-1] = (found[-1][0], text)
    return found


def test_every_example_answers_what_the_manual_says(tmp_path: Path) -> None:
    path = str(tmp_path / "admin.sock")
    ((define, nothing), *commands) = examples()
    assert nothing is None
    assert SOCKET in define
    with AdminApi(path, FakeEdge()):
        for command, expected in commands:
            done = subprocess.run(
                ["bash", "-ec", define.replace(SOCKET, path) + command],
                cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
            )  # fmt: skip
            assert done.stderr == ""
            assert done.stdout
            if expected is None:
                continue
            if expected.startswith("{"):
                assert json.loads(done.stdout) == json.loads(expected)
            else:
                assert done.stdout == expected


def test_every_resource_and_every_error_has_its_place_in_the_manual() -> None:
    text = MANUAL.read_text()
    for path in ("/v1/routes", "/v1/certificates", "/v1/pages", "/v1/changes", "/v1/log-level",
                 "/v1/local-ca", "/status", "/metrics", "/healthz", "/routes"):  # fmt: skip
        assert any(path in command for command, _answer in examples()), path
    for status in (400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 421, 422, 429, 500, 503, 507):
        assert re.search(rf"^\|[^|]*\b{status}\b", text, re.MULTILINE), status
