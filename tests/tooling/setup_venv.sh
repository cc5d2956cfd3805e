#!/usr/bin/env bash
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Make .venv hold what requirements/dev.txt asks for, and build/collections point at the checkout.
# Does nothing when the requirements have not changed since the last time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python="${PYTHON:-python3}"
stamp=.venv/.requirements
wanted="$(cat requirements/*.txt | sha256sum | cut -d' ' -f1)"

# Imports of ansible_collections.sluice.edge resolve to the checkout through this link.
mkdir -p build/collections/ansible_collections/sluice
ln -sfn ../../../.. build/collections/ansible_collections/sluice/edge

if [ "$(cat "${stamp}" 2>/dev/null)" = "${wanted}" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

if ! "${python}" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "setup: ${python} is older than 3.11; run: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi
echo "setup: creating .venv with $("${python}" --version) (a few minutes the first time)"
"${python}" -m venv .venv
.venv/bin/python -m pip install -qq --disable-pip-version-check --upgrade pip
.venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements/dev.txt
echo "${wanted}" >"${stamp}"
echo "setup: .venv is ready"
