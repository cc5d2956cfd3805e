# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents as YAML for people, which reads back as the same document."""

from __future__ import annotations

from typing import Any


def yaml_lines(value: Any) -> list[str]:
    """Return the lines of a JSON value as YAML, without a character that cannot be seen."""
    # It takes a while to import, and most commands show no document.
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as such, where that loses nothing."""

    Dumper.add_representer(str, _text)
    dumped = yaml.dump(
        value,
        Dumper=Dumper,
        allow_unicode=_can_be_seen(value),
        default_flow_style=False,
        sort_keys=False,
        width=10_000,
    )
    return str(dumped).splitlines()


def _text(dumper: Any, value: str) -> Any:
    lines = value.split("\n")
    plain = len(lines) > 1 and all(line.isprintable() and line == line.rstrip() for line in lines)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if plain else None)


def _can_be_seen(value: Any) -> bool:
    """Return whether no text in a value has a character that YAML would have to hide."""
    if isinstance(value, dict):
        return all(_can_be_seen(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(map(_can_be_seen, value))
    return not isinstance(value, str) or value.replace("\n", "").isprintable()
