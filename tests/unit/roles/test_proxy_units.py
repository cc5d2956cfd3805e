# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units that the role proxy installs, as systemd reads them; and what it repeats elsewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
import tomllib
import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
ROLE = CHECKOUT / "roles" / "proxy"
PAGE = (CHECKOUT / "docs" / "proxy" / "operations.md").read_text(encoding="utf-8")
SERVICE, SOCKET = "sluice-proxy.service", "sluice-proxy.socket"
SOCKETS = ["0.0.0.0:80", "[::]:80"]
# What the role does otherwise than a person may, and says why beside it.
OWN = {"After", "DynamicUser", "ExecStart", "Requires", "Type"}

if shutil.which("systemd-analyze") is None:
    pytest.exit("these tests need systemd-analyze: apt-get install systemd", returncode=2)


def rendered(unit: str, **given: Any) -> str:
    """Return a unit as the role writes it, with the variables that are given."""
    variables = {
        **yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8")),
        **yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8")),
        **given,
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROLE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{unit}.j2").render(variables)


def settings(text: str) -> dict[str, list[str]]:
    """Return the values of each directive of a unit, in order."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("group", ["", "adm"], ids=["", "for a group"])
@pytest.mark.parametrize("sockets", [[], SOCKETS], ids=["without", "with sockets"])
def test_the_service_is_confined(tmp_path: Path, sockets: list[str], group: str) -> None:
    unit = tmp_path / SERVICE
    unit.write_text(rendered(SERVICE, proxy_sockets=sockets, proxy_admin_group=group))

    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert said.returncode == 0, said.stdout + said.stderr
    assert re.search(r"Overall exposure level for \S+: [01]\.", said.stdout), said.stdout


def test_ports_below_1024_are_all_that_root_lends_it() -> None:
    service = settings(rendered(SERVICE))

    assert service["AmbientCapabilities"] == ["CAP_NET_BIND_SERVICE"]
    assert service["CapabilityBoundingSet"] == ["CAP_NET_BIND_SERVICE"]
    # In a user namespace of its own it could not bind them.
    assert "PrivateUsers" not in service


def test_a_socket_of_the_api_can_be_given_to_the_group() -> None:
    service = settings(rendered(SERVICE, proxy_admin_group="operators"))

    assert service["SupplementaryGroups"] == ["operators"]
    # @privileged, which is taken away before, has it.
    assert service["SystemCallFilter"][-1] == "@chown"
    assert "SupplementaryGroups" not in settings(rendered(SERVICE))


def test_the_command_line_names_links_only() -> None:
    # The line that an upgrade begins again must lead to the new release by then.
    [line] = settings(rendered(SERVICE))["ExecStart"]
    paths = [word for word in shlex.split(line) if word.startswith("/")]

    assert paths == [
        "/etc/sluice-proxy/current/release/bin/python3",
        "/etc/sluice-proxy/current/config/edge.yml",
    ]


def test_the_service_needs_its_sockets_where_there_are_some() -> None:
    service = settings(rendered(SERVICE, proxy_sockets=SOCKETS))

    assert service["Requires"] == [SOCKET]
    assert SOCKET in service["After"]
    assert "Requires" not in settings(rendered(SERVICE))


def test_systemd_opens_each_address_and_names_them_as_the_page_does() -> None:
    socket = settings(rendered(SOCKET, proxy_sockets=SOCKETS))

    assert socket["ListenStream"] == SOCKETS
    assert f"listen: systemd:{socket['FileDescriptorName'][0]}" in PAGE
    # A socket of both families would take IPv4 from one of IPv4 alone.
    assert socket["BindIPv6Only"] == ["ipv6-only"]


@pytest.mark.parametrize("unit", [SERVICE, SOCKET])
def test_the_units_of_the_page_are_kept(unit: str) -> None:
    shown = PAGE.split(f"`{unit}`")[1].split("```ini\n")[1].split("```")[0]
    made = settings(rendered(unit, proxy_sockets=SOCKETS))

    wanted = {name: value for name, value in settings(shown).items() if name not in OWN}
    assert {name: made.get(name) for name in wanted} == wanted


def test_the_proxy_is_built_with_what_it_asks_for() -> None:
    project = tomllib.loads((ROLE / "files/pyproject.toml").read_text(encoding="utf-8"))
    variables = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))

    assert variables["proxy_build_requires"] == project["build-system"]["requires"]
