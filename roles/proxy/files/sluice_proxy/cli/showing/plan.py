# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes come to, in lines for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import unified_diff
from typing import Any

from .amounts import days, moment
from .yaml_text import yaml_lines

Json = Mapping[str, Any]
_OF_CERTIFICATE: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("names", "names", ", ".join),
    ("issuer", "issuer", str),
    ("fingerprint", "fingerprint", str),
    ("not_before", "from", moment),
    ("not_after", "until", moment),
    ("days_left", "days left", days),
)
_DONE = {"create": "created", "replace": "replaced", "remove": "removed"}


def resource_lines(resource: Json) -> list[str]:
    """Return a resource as YAML: its document, and as comments what else is known of it."""
    owner = resource.get("owner")
    known = f"version {resource.get('version')}"
    if resource.get("origin") == "file":
        known = "of the configuration file"
    lines = [f"# {resource.get('kind')} {resource.get('id')}: {known}"]
    if owner:
        lines.append(f"# owner: {owner}")
    certificate = resource.get("certificate")
    if isinstance(certificate, dict):
        lines += [
            f"# {title}: {show(certificate[name])}"
            for name, title, show in _OF_CERTIFICATE
            if certificate.get(name) is not None
        ]
    return lines + yaml_lines(resource.get("document") or {})


def plan_lines(outcome: Json, *, dry_run: bool) -> list[str]:
    """Return what the API answered a batch: a line for each operation, with a diff of what would
    change where it was only planned."""
    operations = outcome.get("operations") or []
    if not operations:
        return [f"nothing {'would change' if dry_run else 'changed'}: it is so already"]
    lines: list[str] = []
    for operation in operations:
        verb = str(operation.get("operation"))
        subject = f"{operation.get('kind')} {operation.get('id')}"
        before, after = operation.get("before"), operation.get("after")
        if dry_run:
            lines.append(f"{subject} would be {_DONE.get(verb, verb)}:")
            lines += [f"  {line}" for line in _difference(before, after)]
        else:
            version = f", version {after.get('version')}" if after else ""
            lines.append(f"{subject} {_DONE.get(verb, verb)}{version}")
    return lines


def _difference(before: Json | None, after: Json | None) -> list[str]:
    was, becomes = _compared(before), _compared(after)
    if before is None or after is None:
        sign = "+" if before is None else "-"
        return [f"{sign} {line}" for line in (becomes or was)]
    lines = list(unified_diff(was, becomes, n=3, lineterm=""))[2:]
    return [line if line.startswith("@@") else f"{line[0]} {line[1:]}" for line in lines]


def _compared(resource: Json | None) -> list[str]:
    """Return what a diff shows of a resource: no version, which is another one in any case."""
    if resource is None:
        return []
    lines = [f"# owner: {resource['owner']}"] if resource.get("owner") else []
    certificate = resource.get("certificate")
    if isinstance(certificate, dict) and certificate.get("fingerprint"):
        lines.append(f"# fingerprint: {certificate['fingerprint']}")
    return lines + yaml_lines(resource.get("document") or {})
