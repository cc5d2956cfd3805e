# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interpreters the tests are run on."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import interpreters
import pytest


def python(folder: Path, name: str, version: str) -> Path:
    """Write something that answers as a Python of that version would."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    short = ".".join(version.split(".")[:2])
    path.write_text(
        f'#!/bin/sh\ncase "$2" in *python_version*) echo {version};; *) echo {short};; esac\n'
    )
    path.chmod(0o755)
    return path


def test_every_release_but_our_own_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    managed = tmp_path / "versions"
    older = python(managed / "3.11.1/bin", "python3.11", "3.11.1")
    newer = python(managed / "3.12.9/bin", "python3.12", "3.12.9")
    python(managed / "3.10.4/bin", "python3.10", "3.10.4")
    python(tmp_path / "bin", "python3.12", "3.12.9")
    own = platform.python_version()
    python(tmp_path / "bin", "python%s.%s" % sys.version_info[:2], own)
    monkeypatch.setattr(interpreters, "_MANAGERS", (managed,))
    monkeypatch.setattr(interpreters, "_SYSTEM", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{tmp_path / 'empty'}")

    found = interpreters.find_others("3.11", Path(sys.executable))

    assert found == {"3.11.1": older, "3.12.9": newer}
