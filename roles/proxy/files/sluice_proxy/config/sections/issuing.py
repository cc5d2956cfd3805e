# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing``: certificates that the proxy gets by itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from sluice_proxy.config.sections.acme import AcmeSection
from sluice_proxy.config.sections.on_demand import OnDemandSection
from sluice_proxy.config.sections.section import (
    OR_OFF,
    Hosts,
    Section,
    Text,
    Truth,
    with_an_end,
)
from sluice_proxy.snapshot.issuing import Issuing, Provider

_USUAL = Issuing()


def _none(value: Any) -> Any:
    # YAML has an empty value, and a truth, for what people may write for none.
    return "none" if value is None or value is False or value == "off" else value


class IssuingSection(Section):
    """Certificates that the proxy gets by itself: makes, or orders."""

    short_forms = ("string",)

    provider: Annotated[
        Literal["none", "acme", "local_ca", "self_signed"], BeforeValidator(_none)
    ] = Field(
        default="none",
        description="What routes get certificates of: `acme` (authorities that are asked),"
        " `local_ca` (a development CA of the proxy's own), `self_signed`, or `none`.",
    )
    automatic: Literal["asked", "all"] = Field(
        default="asked",
        description="Which routes: those `asked` for with `tls: auto`, or `all`. A host that"
        " another certificate is for gets none.",
    )
    folder: Text = Field(
        default=_USUAL.folder,
        description="Directory of the development CA, by its whole path. The CA is made there when"
        " it is first needed, and never replaced.",
    )
    mkcert: Truth = Field(
        default=_USUAL.mkcert, description="Use the CA of mkcert where that is installed."
    )
    names: Annotated[Hosts, AfterValidator(with_an_end)] = Field(
        default=[],
        description="Names that certificates of the CA may be declared for besides those of"
        " routes: `NAME`, `*.NAME` or `.NAME`.",
    )
    acme: AcmeSection | None = Field(
        default=None,
        description="How certificates are ordered. Beside another provider it is checked, and has"
        " no effect.",
    )
    on_demand: Annotated[OnDemandSection | None, OR_OFF] = Field(
        default=None,
        description="Get certificates when clients first ask for a name: `true`, or a mapping.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"provider": value} if isinstance(value, str | bool) else value

    @field_validator("folder")
    @classmethod
    def _whole_path(cls, value: str) -> str:
        if not value.startswith("/") or "\0" in value:
            raise ValueError("write the directory's whole path, like /var/lib/sluice-proxy/ca")
        return value

    def issuing(self) -> Issuing:
        """Return what this stands for."""
        acme = self.acme if self.provider == "acme" else None
        return Issuing(
            provider=None if self.provider == "none" else Provider(self.provider),
            all_routes=self.automatic == "all",
            folder=self.folder,
            mkcert=self.mkcert,
            names=tuple(self.names),
            acme=None if acme is None else acme.acme(),
            on_demand=None if self.on_demand is None else self.on_demand.on_demand(),
        )
