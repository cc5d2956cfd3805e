# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with an authority. The text of each is one printable line of bounded length."""

from __future__ import annotations

from dataclasses import dataclass

from .messages.identifier import Identifier

MOST_SHOWN = 2000
"""Characters of a text that others wrote, in a line for people."""
PREFIX = "urn:ietf:params:acme:error:"


def shown(text: str, most: int = MOST_SHOWN) -> str:
    """Return a text as one line of ``most`` characters, with what cannot be seen as escapes."""
    # What is cut off is not looked at.
    line = " ".join(text[: 4 * most].split())
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    return line if len(line) <= most else f"{line[: most - 1]}…"


class AcmeFailed(RuntimeError):
    """An authority did not do what it was asked for.

    ``retry_after`` is the seconds for which it asked to be left alone, None if it asked for
    nothing.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(shown(message))
        self.retry_after = retry_after


class TransportFailed(AcmeFailed):
    """No answer that can be used: the network, TLS, the time, or a reply that is none of ACME.

    ``status`` is that of the reply, None without one.
    """

    def __init__(
        self, message: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, retry_after)
        self.status = status


class NotOffered(AcmeFailed):
    """The authority does not have what is asked for, so it was not asked."""


class NotGranted(AcmeFailed):
    """An authorization or an order came to no good end, and the authority gave no reason."""


class WrongCertificate(AcmeFailed):
    """What was issued is not what was asked for, or no certificate."""


@dataclass(frozen=True, slots=True)
class Subproblem:
    """A part of a problem, with the identifier that it is about (RFC 8555, section 6.7.1)."""

    type: str
    detail: str
    identifier: Identifier | None = None


class Problem(AcmeFailed):
    """The authority said what is wrong (RFC 9457; RFC 8555, section 6.7).

    ``type`` and ``detail`` are as it wrote them; ``status`` is that of the reply, or what it said
    itself, None where there is neither. ``instance`` is a URL for people, as of new terms.
    """

    def __init__(
        self,
        type: str,  # noqa: A002  the RFC's name
        detail: str,
        status: int | None = None,
        identifier: Identifier | None = None,
        subproblems: tuple[Subproblem, ...] = (),
        instance: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.type = type
        self.detail = detail
        self.status = status
        self.identifier = identifier
        self.subproblems = subproblems
        self.instance = instance
        super().__init__(_line(self), retry_after)

    def about(self, identifier: Identifier) -> Problem:
        """Return the same problem, said of an identifier where it names none itself."""
        return Problem(
            self.type,
            self.detail,
            self.status,
            self.identifier or identifier,
            self.subproblems,
            self.instance,
            self.retry_after,
        )

    @property
    def kind(self) -> str:
        """The type's last part for those of ACME, as ``rateLimited``; else the whole type."""
        return _kind(self.type)


def _kind(type_: str) -> str:
    return type_.removeprefix(PREFIX)


def _line(problem: Problem) -> str:
    line = _about(problem)
    if problem.instance:
        line += f" (see {problem.instance})"
    if problem.subproblems:
        line += f" [{'; '.join(_about(part) for part in problem.subproblems)}]"
    return line


def _about(problem: Problem | Subproblem) -> str:
    named = "" if problem.identifier is None else f"{problem.identifier.value}: "
    return named + ": ".join(filter(None, (_kind(problem.type), problem.detail)))
