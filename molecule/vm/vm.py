# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test machine: build its image, start it, get into it, end it.

`vm.py --help` lists the commands; README.md beside this file explains them.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable

from harness import access, checkout, guests, image, machine, state
from harness.errors import HarnessError
from harness.say import say
from harness.topology import MACHINE, check_host, groups


def main() -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args()
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except HarnessError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def build_image(options: argparse.Namespace) -> int:
    """Print the directory of the image, built first when needed."""
    built = image.ensure(guests.select(options.guest), rebuild=options.rebuild)
    print(built.directory)
    return 0


def create(options: argparse.Namespace) -> int:
    """Boot the machine, unless it runs already. Prints `created` or `kept`."""
    where = state.place(options.name)
    before = state.process(where)
    running = _ensure_machine(options)
    print("kept" if running.pid == before else "created")
    return 0


def destroy(options: argparse.Namespace) -> int:
    """End the machine. Prints `destroyed` or `absent`."""
    places = state.places() if options.all else [state.place(options.name)]
    ended = [machine.destroy(where) for where in places]
    print("destroyed" if any(ended) else "absent")
    return 0


def reboot(options: argparse.Namespace) -> int:
    """Shut the machine down and boot it again on the same disk."""
    machine.reboot(_require_machine(options))
    return 0


def status(options: argparse.Namespace) -> int:
    """Describe the machine; exit status 3 when it does not run."""
    where = state.place(options.name)
    running = state.read(where)
    if running is None or state.process(where) != running.pid:
        print(f"{where.name}: {'stale' if where.directory.exists() else 'absent'}")
        return 3
    print(f"{where.name}: running, pid {running.pid}, {running.accelerator}, image {running.image}")
    for host, port in running.ports.items():
        print(f"  {host:9} 127.0.0.1:{port}")
    print(f"  ssh -F {shlex.quote(str(where.ssh_config))} HOST")
    return 0


def shell(options: argparse.Namespace) -> int:
    """Become an interactive shell on a host, creating the machine when there is none."""
    host = check_host(guests.select(_ensure_machine(options).guest), options.host)
    say(f"a shell on {host}; the machine stays when you leave ({sys.argv[0]} destroy ends it)")
    return _become_ssh(options, ["-t", host])


def run(options: argparse.Namespace) -> int:
    """Become a command on a host; its exit status is ours."""
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise HarnessError("nothing to run; write: vm.py run HOST -- COMMAND...")
    running = state.read(_require_machine(options))
    guest = guests.select(running.guest if running else None)
    return _become_ssh(options, [check_host(guest, options.host), shlex.join(words)])


def push(options: argparse.Namespace) -> int:
    """Copy the checkout into the guest."""
    where = _require_machine(options)
    started = time.monotonic()
    count = checkout.push(where, options.paths)
    say(f"{count} files in {checkout.TARGET} after {time.monotonic() - started:.1f} s")
    return 0


def inventory(options: argparse.Namespace) -> int:
    """Print the inventory; it is valid from before the machine's start until after its end."""
    where = state.place(options.name)
    running = state.read(where)
    guest = guests.select(running.guest if running else options.guest)
    print(access.inventory(groups(guest), where.ssh_config), end="")
    return 0


def _ensure_machine(options: argparse.Namespace) -> state.Running:
    built = image.ensure(guests.select(options.guest))
    return machine.create(state.place(options.name), built)


def _require_machine(options: argparse.Namespace) -> state.Place:
    where = state.place(options.name)
    running = state.read(where)
    if running is None or state.process(where) != running.pid:
        raise HarnessError(f"machine {where.name} does not run; start it: {sys.argv[0]} create")
    return where


def _become_ssh(options: argparse.Namespace, arguments: list[str]) -> int:
    sys.stdout.flush()
    config = str(state.place(options.name).ssh_config)
    os.execvp("ssh", ["ssh", "-F", config, *arguments])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vm.py", description="The test machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Callable[[argparse.Namespace], int], name: str) -> argparse.ArgumentParser:
        described = (command.__doc__ or "").strip()
        made = commands.add_parser(name, help=described.partition("\n")[0], description=described)
        made.set_defaults(command=command)
        made.add_argument(
            "--name",
            default=os.environ.get("SLUICE_VM") or state.DEFAULT_NAME,
            help="which machine of this checkout (default: $SLUICE_VM or %(default)s)",
        )
        return made

    def choose_guest(to: argparse.ArgumentParser) -> None:
        known = ", ".join(guests.GUESTS)
        to.add_argument("--guest", help=f"{known} (default: $SLUICE_GUEST or {guests.DEFAULT})")

    building = add(build_image, "image")
    choose_guest(building)
    building.add_argument("--rebuild", action="store_true", help="even if there is one")
    choose_guest(add(create, "create"))
    ending = add(destroy, "destroy")
    ending.add_argument("--all", action="store_true", help="every machine of this checkout")
    add(reboot, "reboot")
    add(status, "status")
    opening = add(shell, "shell")
    choose_guest(opening)
    opening.add_argument("host", nargs="?", default=MACHINE, help="(default: %(default)s)")
    running = add(run, "run")
    running.add_argument("host", help="a host of the topology")
    running.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND...")
    add(push, "push").add_argument("paths", nargs="*", help="(default: the whole checkout)")
    choose_guest(add(inventory, "inventory"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
