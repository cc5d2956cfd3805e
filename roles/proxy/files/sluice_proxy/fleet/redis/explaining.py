# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with a Redis server, in words that say what to do."""

from __future__ import annotations

from redis import exceptions

_LONGEST = 300
_CLUSTER = "it is of a cluster: name a server that is none's"
_NO_REDIS = "what answers there is no Redis"
_OF_CLUSTERS = ("ASK ", "CLUSTERDOWN ", "CROSSSLOT ", "MOVED ", "TRYAGAIN ")
"""What the answers begin with for which earlier releases of the library have no type."""

_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.AuthenticationError, "it does not let us in: check username and password_file"),
    (exceptions.NoPermissionError, "our user may not do everything that is needed there"),
    (exceptions.BusyLoadingError, "it still reads what it kept: it will answer when that is done"),
    (exceptions.OutOfMemoryError, "it has no memory left: raise its maxmemory"),
    (exceptions.ReadOnlyError, "it is a replica, which takes no changes: name the primary"),
    (exceptions.MovedError, _CLUSTER),
    (exceptions.AskError, _CLUSTER),
    (exceptions.ClusterError, _CLUSTER),
    (exceptions.ClusterCrossSlotError, _CLUSTER),
    (exceptions.TimeoutError, "it does not answer in time"),
    (TimeoutError, "it does not answer in time"),
    (exceptions.InvalidResponse, _NO_REDIS),
    (ValueError, _NO_REDIS),
    (TypeError, _NO_REDIS),
    (exceptions.ConnectionError, "it cannot be reached"),
    (OSError, "it cannot be reached"),
)


def explained(error: Exception, address: str) -> str:
    """Return one line about an error of the server at ``address``, or of the way to it."""
    other = _CLUSTER if str(error).startswith(_OF_CLUSTERS) else "it refuses"
    advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), other)
    said = " ".join(str(error).split())[:_LONGEST]
    printable = "".join(character if character.isprintable() else " " for character in said)
    return f"Redis at {address}: {advice}{f' ({printable})' if printable else ''}"
