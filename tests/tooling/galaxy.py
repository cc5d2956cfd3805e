# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's artifact and run Galaxy's importer on it, as an upload would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from copies import collections_root, copied
from places import cache, environment

_SETTINGS = """\
[galaxy-importer]
check_required_tags = True
log_level_main = INFO
require_v1_or_greater = False
run_ansible_doc = True
run_ansible_lint = False
run_ansible_test = False
run_flake8 = False
"""


def main() -> int:
    """Return 0 when the artifact builds and the importer finds nothing to complain of."""
    settings = cache() / "galaxy-importer.cfg"
    settings.write_text(_SETTINGS)
    with copied() as target:
        root = collections_root(target)
        env = {**environment(root), "GALAXY_IMPORTER_CONFIG": str(settings)}
        build = ["ansible-galaxy", "collection", "build", "--output-path", str(root)]
        if subprocess.run(build, cwd=target, env=env, check=False).returncode:
            return 1
        return _import(next(root.glob("sluice-edge-*.tar.gz")), root, env)


def _import(artifact: Path, root: Path, env: dict[str, str]) -> int:
    importer = ["python", "-m", "galaxy_importer.main", str(artifact)]
    answer = subprocess.run(
        importer,
        cwd=root,
        env=env,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    complaints = [line for line in answer.stdout.splitlines() if line.startswith(("WARN", "ERROR"))]
    if answer.returncode or complaints:
        print(answer.stdout)
        print(f"galaxy-importer: exit code {answer.returncode}, {len(complaints)} complaints")
        return 1
    print("galaxy-importer: the artifact would be accepted, without a warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
