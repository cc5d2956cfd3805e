# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What program workers are, where a link says which release is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[4] / "roles/proxy/files"


def test_workers_are_of_the_release_that_the_supervisor_began_with(tmp_path: Path) -> None:
    release = Path(sys.executable).parent
    (tmp_path / "current").symlink_to(release.parent)
    code = "from sluice_proxy.supervisor.worker import PYTHON; print(PYTHON)"

    said = subprocess.run(
        [str(tmp_path / "current" / release.name / Path(sys.executable).name), "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(PACKAGES)},
    )

    # Its folder without the link; still the environment's own, and not what it leads to.
    assert said.stdout.strip() == str(release.resolve() / Path(sys.executable).name)
