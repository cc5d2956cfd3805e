# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harness.access import inventory, ssh_config
from harness.errors import HarnessError
from harness.guests import GUESTS, Guest, select
from harness.topology import check_host, groups, management_addresses

CHECKOUT = Path(__file__).parents[3]
PORTS = {"vm": 4001, "director": 4002}


def effective(host: str, tmp_path: Path) -> dict[str, str]:
    """What ssh makes of the configuration for one host."""
    config = tmp_path / "ssh_config"
    config.write_text(ssh_config(PORTS, tmp_path / "with space", Path("/tmp/s")))
    command = ["ssh", "-G", "-F", str(config), host]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(line.partition(" ")[::2] for line in shown.splitlines())


def test_ssh_finds_each_host_at_its_own_port(tmp_path: Path) -> None:
    for host, port in PORTS.items():
        options = effective(host, tmp_path)
        assert (options["hostname"], options["port"]) == ("127.0.0.1", str(port))


def test_ssh_accepts_only_the_images_host_key(tmp_path: Path) -> None:
    options = effective("vm", tmp_path)
    assert options["stricthostkeychecking"] == "true"
    assert options["hostkeyalias"] == "sluice-vm"
    assert options["userknownhostsfile"] == f"{tmp_path}/with space/known_hosts"


def test_each_host_has_a_shared_connection_of_its_own(tmp_path: Path) -> None:
    paths = {effective(host, tmp_path)["controlpath"] for host in PORTS}
    assert paths == {"/tmp/s/vm", "/tmp/s/director"}


@pytest.mark.parametrize("guest", GUESTS.values(), ids=GUESTS.keys())
def test_every_host_of_a_guest_is_in_exactly_one_group(guest: Guest) -> None:
    members = [host for hosts in groups(guest).values() for host in hosts]
    assert sorted(members) == sorted(management_addresses(guest))


@pytest.mark.parametrize("guest", GUESTS.values(), ids=GUESTS.keys())
def test_every_guest_has_one_director_and_the_machine_itself(guest: Guest) -> None:
    assert len(groups(guest)["directors"]) == 1
    assert "vm" in management_addresses(guest)


def test_a_host_is_known_where_its_guest_has_it() -> None:
    assert check_host(select("debian12"), "director") == "director"
    with pytest.raises(HarnessError, match="'director' is unknown; choose one of vm, web1"):
        check_host(select("debian12-systemd"), "director")


def test_the_inventory_lists_the_groups_and_the_way_in() -> None:
    text = inventory(groups(select("debian12")), Path("/b/vm/ssh_config"))
    assert "[directors]\ndirector\n" in text
    assert "[web]\nweb1\nweb2\n" in text
    assert 'ansible_ssh_args=-F "/b/vm/ssh_config"\n' in text


def test_molecules_inventory_has_the_same_groups() -> None:
    ours = inventory(groups(select("debian12")), Path("x"))
    molecules = (CHECKOUT / "molecule" / "hosts.ini").read_text()
    variables = "[all:vars]"
    listed = molecules[molecules.index("[") : molecules.index(variables)]
    assert listed == ours[: ours.index(variables)]
