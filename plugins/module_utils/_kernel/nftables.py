# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nftables of the network namespace the process is in, through libnftables."""

from __future__ import annotations

import ctypes
import json
import os
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional

from .._converge.errors import Unavailable

LIBRARY = "libnftables.so.1"
_OUTPUT_JSON = 1 << 4  # nftables/libnftables.h, NFT_CTX_OUTPUT_JSON
_STALE = ("No such file or directory", "File exists", "Interrupted system call", "restart")


class NftablesRefused(Exception):
    """A transaction was refused as a whole; str() is what libnftables says, on one line.

    ``stale`` tells whether somebody may have changed the tables since they were read.
    """

    def __init__(self, complaint: str) -> None:
        super().__init__(_first_error(complaint))
        self.stale = any(words in complaint for words in _STALE)


class Nftables:
    """A libnftables context; it belongs to the namespace where it was opened."""

    def __init__(self) -> None:
        """Open the context; raises Unavailable when the library is missing."""
        try:
            self._library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise Unavailable(
                "%s cannot be loaded (%s): install it with 'apt-get install nftables'"
                % (LIBRARY, error)
            ) from None
        self._library.nft_ctx_new.restype = ctypes.c_void_p
        for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(self._library, name).restype = ctypes.c_char_p
        self._context = ctypes.c_void_p(self._library.nft_ctx_new(0))
        self._library.nft_ctx_buffer_output(self._context)
        self._library.nft_ctx_buffer_error(self._context)

    def close(self) -> None:
        self._library.nft_ctx_free(self._context)

    def __enter__(self) -> Nftables:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def run(self, commands: str) -> None:
        """Carry out all commands as one transaction.

        Raises NftablesRefused, with nothing changed, when one of them is refused.
        """
        self._library.nft_ctx_output_set_flags(self._context, 0)
        self._run(commands)

    def table(self, family: str, name: str) -> Optional[List[Dict[str, Any]]]:
        """Return everything in a table as libnftables-json(5) objects, None without the table."""
        with _without_warnings():
            return self._table(family, name)

    def _table(self, family: str, name: str) -> Optional[List[Dict[str, Any]]]:
        self._library.nft_ctx_output_set_flags(self._context, _OUTPUT_JSON)
        tables = [entry.get("table") for entry in self._objects("list tables " + family)]
        if not any(table is not None and table["name"] == name for table in tables):
            return None
        try:
            return self._objects("list table %s %s" % (family, name))
        except NftablesRefused as error:
            if error.stale:
                return None
            raise

    def _objects(self, command: str) -> List[Dict[str, Any]]:
        found: List[Dict[str, Any]] = json.loads(self._run(command))["nftables"]
        return found

    def _run(self, commands: str) -> bytes:
        status = self._library.nft_run_cmd_from_buffer(self._context, commands.encode("utf-8"))
        complaint = self._library.nft_ctx_get_error_buffer(self._context) or b""
        if status != 0:
            raise NftablesRefused(complaint.decode("utf-8", "replace"))
        output: bytes = self._library.nft_ctx_get_output_buffer(self._context) or b""
        return output


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep what libnftables 1.0 says of statements without a JSON form off the error output."""
    kept = os.dup(2)
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 2)
        os.close(sink)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _first_error(complaint: str) -> str:
    lines = [line.strip() for line in complaint.splitlines() if "rror" in line]
    return lines[0].partition("rror: ")[2] or lines[0] if lines else "no reason given"
