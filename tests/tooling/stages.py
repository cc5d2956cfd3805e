# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of `make test`: what each one runs, and which belong to the fast loop."""

from __future__ import annotations

from dataclasses import dataclass, replace

_HERE = "tests/tooling"
_ENGINE = "ansible_collections.sluice.edge.plugins"


@dataclass(frozen=True)
class Stage:
    """One named part of the tests.

    ``commands`` run one after the other in the checkout. A stage that is ``beside`` takes long and
    waits much: it starts first, goes on while the others run, and speaks when it is done.
    """

    name: str
    what: str
    commands: tuple[tuple[str, ...], ...]
    beside: bool = False


def _ours(script: str, *arguments: str) -> tuple[str, ...]:
    return ("python", f"{_HERE}/{script}", *arguments)


def _in_copy(*command: str) -> tuple[str, ...]:
    return _ours("copies.py", *command)


STYLE = Stage("style", "ruff: rules and format", (("ruff", "check"), ("ruff", "format", "--check")))
TYPES = Stage(
    "types",
    "mypy --strict: engine, modules, tooling, what the role proxy runs on hosts",
    (("mypy", "-p", _ENGINE), ("mypy", _HERE), ("mypy", "roles/proxy/scripts")),
)
VM_TYPES = Stage("vm-types", "mypy: the virtual machine's harness", (("mypy", "molecule/vm"),))
UNIT = Stage(
    "unit",
    "unit, property and structure tests",
    (("pytest", "-q", "tests/unit"),),
)
UNIT_THOROUGH = Stage(
    "unit-thorough",
    "unit, property and structure tests, with many examples for each property",
    (("pytest", "-q", "--hypothesis-profile=ci", "tests/unit"),),
)
_PROXY_TYPES = (
    "mypy",
    "--config-file=roles/proxy/files/pyproject.toml",
    "roles/proxy/files/sluice_proxy",
)
PROXY_QUICK = Stage(
    "proxy-quick",
    "the proxy: mypy --strict, unit tests without the fuzzer",
    (_PROXY_TYPES, ("pytest", "-q", "tests/proxy/unit", "--ignore=tests/proxy/unit/test_fuzz.py")),
)
PROXY = Stage(
    "proxy",
    "the proxy: mypy --strict, unit tests, the fuzzer, whole processes under load",
    (_PROXY_TYPES, ("pytest", "-q", "tests/proxy", "--ignore=tests/proxy/integration/ordering")),
)
ORDERING = Stage(
    "ordering",
    "certificates by ACME: real authorities, Redis, name servers, a fleet of proxies",
    (("pytest", "-q", "tests/proxy/integration/ordering"),),
    beside=True,
)
SANITY_QUICK = Stage(
    "sanity-quick",
    "ansible-test sanity: the tests that look at modules",
    (_ours("sanity.py", "--quick"),),
)
SANITY = Stage(
    "sanity",
    "ansible-test sanity: all tests, every Python found",
    (_ours("sanity.py"),),
)
LINT = Stage(
    "ansible-lint",
    "ansible-lint, profile production",
    (_in_copy("ansible-lint", "--offline", "--strict", "--nocolor"),),
)
DOCS = Stage(
    "docs",
    "documentation of modules and roles, changelog",
    (
        _in_copy("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."),
        _in_copy("antsibull-changelog", "lint"),
    ),
)
GALAXY = Stage("galaxy", "galaxy-importer on the built artifact", (_ours("galaxy.py"),))
KERNEL = Stage(
    "kernel",
    "this machine's kernel, in network namespaces of its own",
    (("pytest", "-q", "tests/kernel"),),
)
CONTROLLERS = Stage(
    "controllers",
    "the oldest and the newest ansible-core",
    (_ours("controllers.py"),),
)
PYTHONS = Stage("pythons", "unit tests on every Python of a managed host", (_ours("pythons.py"),))
PROXY_PYTHONS = Stage(
    "proxy-pythons",
    "the proxy's unit tests on every other Python that it may run on",
    (_ours("proxy_pythons.py"),),
)
SCENARIOS = Stage(
    "scenarios",
    "molecule: every scenario inside the virtual machine",
    (("molecule", "test", "--all"),),
    beside=True,
)

PROXY_DEBIAN13 = Stage(
    "proxy-debian13",
    "molecule: the role proxy on Debian 13",
    (("env", "SLUICE_GUEST=debian13", "molecule", "test", "--scenario-name", "proxy"),),
)

GROUPS: dict[str, tuple[Stage, ...]] = {
    # Two stages of about the same length, on two processors.
    "check": (STYLE, TYPES, VM_TYPES, UNIT, replace(PROXY_QUICK, beside=True), SANITY_QUICK),
    "lint": (STYLE, TYPES, VM_TYPES, LINT, DOCS, GALAXY),
    "test": (
        STYLE,
        TYPES,
        VM_TYPES,
        UNIT_THOROUGH,
        PROXY,
        LINT,
        DOCS,
        GALAXY,
        SANITY,
        CONTROLLERS,
        PYTHONS,
        PROXY_PYTHONS,
        KERNEL,
        ORDERING,
        SCENARIOS,
    ),
    # By hand, before a release: they would take too long in every run.
    "more": (PROXY_DEBIAN13,),
}


def select(names: list[str]) -> list[Stage]:
    """Return the stages of the groups and single stages named.

    Raises ValueError, with the names there are, for one that is neither.
    """
    single = {stage.name: stage for stages in GROUPS.values() for stage in stages}
    chosen: list[Stage] = []
    for name in names:
        if name in GROUPS:
            chosen.extend(GROUPS[name])
        elif name in single:
            chosen.append(single[name])
        else:
            known = ", ".join([*GROUPS, *sorted(single)])
            raise ValueError(f"{name} is neither a group nor a stage; there are: {known}")
    return chosen
