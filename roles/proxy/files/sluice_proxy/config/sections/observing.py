# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log`` and ``metrics``: what the proxy tells about itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sluice_proxy.config.sections.section import Count, Duration, ListenAddress, Section, Size, Text
from sluice_proxy.snapshot.observing import Log, Logs, Metrics, Rotation


def _log_path(value: Any) -> str | None:
    if value is None or value is False or value == "off":
        return None
    if value == "-" or (isinstance(value, str) and value.startswith("/")):
        return str(value)
    raise ValueError("write the file's whole path, - for standard output, or off")


class LogFileSection(Section):
    """One log, and how much of it is kept."""

    short_forms = ("string", "boolean")

    path: Annotated[str | None, BeforeValidator(_log_path)] = Field(
        default="-", description="A file's whole path, `-` for standard output, `off` for none."
    )
    max_bytes: Size = Field(
        default=100 * 1024 * 1024, description="Size at which the file is put aside."
    )
    max_age: Duration = Field(default=86_400.0, description="Age at which the file is put aside.")
    keep: Count = Field(default=10, description="Files that are kept, besides the one in use.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str | bool) else value

    def log(self) -> Log:
        """Return what this stands for."""
        return Log(self.path, Rotation(self.max_bytes, self.max_age, self.keep))


class LogSection(Section):
    """The logs."""

    access: LogFileSection = Field(
        default=LogFileSection(), description="One line of JSON for each request."
    )
    error: LogFileSection = Field(
        default=LogFileSection(), description="What went wrong in the proxy itself."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that the error log tells."
    )

    def logs(self) -> Logs:
        """Return what this stands for."""
        return Logs(self.access.log(), self.error.log(), self.level)


class MetricsSection(Section):
    """Numbers for Prometheus."""

    short_forms = ("string",)

    address: ListenAddress = Field(description="Where they are read, written as for `listen`.")
    path: Text = Field(default="/metrics", pattern=r"^/[!-~]*$", description="The path of them.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"address": value} if isinstance(value, str) else value

    def metrics(self) -> Metrics:
        """Return what this stands for."""
        return Metrics(self.address, self.path)
