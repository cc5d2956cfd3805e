# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``routes``: which requests go where."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sluice_proxy.config.sections.actions import FieldsSection, RedirectSection, RewriteSection
from sluice_proxy.config.sections.health import HealthSection
from sluice_proxy.config.sections.pages import PageSection
from sluice_proxy.config.sections.policies import (
    BalancingSection,
    MaintenanceSection,
    RateLimitSection,
    RetrySection,
    RouteTimeoutsSection,
)
from sluice_proxy.config.sections.portal import PortalSection
from sluice_proxy.config.sections.section import (
    ONE_OR_MANY,
    OR_OFF,
    Hosts,
    OptionalSize,
    Section,
    Text,
    Truth,
    UrlPaths,
)
from sluice_proxy.config.sections.targets import TargetSection
from sluice_proxy.config.sections.tls import RouteTlsSection
from sluice_proxy.routes.model.actions import FieldChanges
from sluice_proxy.routes.model.host_pattern import ANY_HOST, CERTIFIED
from sluice_proxy.routes.model.path_pattern import ANY_PATH
from sluice_proxy.routes.model.route import Route

_USUAL = Route("")


class RouteSection(Section):
    """One route."""

    name: Annotated[Text, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")] | None = Field(
        default=None,
        description="What logs, metrics and errors call it; by default its first host and path.",
    )
    hosts: Hosts = Field(
        default=[ANY_HOST], min_length=1, description="Host patterns; one or many."
    )
    paths: UrlPaths = Field(
        default=[ANY_PATH], min_length=1, description="Path patterns; one or many."
    )
    targets: Annotated[list[TargetSection], *ONE_OR_MANY] = Field(
        default=[], description="Where requests go; each an URI, or a mapping."
    )
    redirect: RedirectSection | None = Field(
        default=None,
        description="Send clients elsewhere: a template, a mapping, or `https` for the same place"
        " over TLS.",
    )
    page: PageSection | None = Field(
        default=None, description="Answer this; it beats targets. A text, or a mapping."
    )
    rewrite: RewriteSection | None = Field(
        default=None, description="How the path towards targets is made."
    )
    keep_host: Truth = Field(
        default=True, description="Targets see the client's Host, else their own name."
    )
    request_fields: FieldsSection | None = Field(
        default=None, description="Changes of fields towards targets."
    )
    response_fields: FieldsSection | None = Field(
        default=None, description="Changes of fields towards clients."
    )
    timeouts: RouteTimeoutsSection | None = Field(
        default=None, description="How long targets may take."
    )
    body_limit: OptionalSize = Field(
        default=None,
        description="Size of a request's content, `off` for no limit; by default that of `limits`.",
    )
    balancing: BalancingSection | None = Field(
        default=None, description="How a target is chosen: a method, or a mapping."
    )
    retry: RetrySection | None = Field(
        default=None, description="When a request is sent again; `off` for never."
    )
    health: Annotated[HealthSection | None, OR_OFF] = Field(
        default=None, description="Checks of targets: a mapping, the endpoint alone, or `off`."
    )
    rate_limit: Annotated[RateLimitSection | None, OR_OFF] = Field(
        default=None,
        description="How many requests each client may send: a rate, a mapping, or `off`.",
    )
    maintenance: MaintenanceSection | None = Field(
        default=None, description="`pause`, `stop`, `off`, or a mapping."
    )
    tls: RouteTlsSection | None = Field(
        default=None,
        description="What TLS has to be for the hosts of this route: a mapping, or `auto`.",
    )
    portal: PortalSection | None = Field(
        default=None, description="All of the route in Portal's words; beside it, only `name`."
    )

    @model_validator(mode="after")
    def _fits(self) -> RouteSection:
        written = self.model_fields_set
        if self.portal is not None:
            beside = sorted(written - {"name", "portal"})
            if beside:
                raise ValueError(
                    f"beside portal there is {', '.join(beside)}: write one or the other"
                )
            return self
        if self.tls is not None and self.tls.certificate is not None:
            for host in self.hosts:
                if host.kind not in CERTIFIED:
                    raise ValueError(
                        f"no certificate can be made for {host}: with tls auto, hosts have to be"
                        " names, *.NAME or .NAME"
                    )
        always = self.redirect is not None and not self.redirect.only_plain
        if always and (self.targets or self.page):
            raise ValueError(
                "a redirect leaves targets and page without use: set only_plain, or leave one out"
            )
        return self

    def route(self) -> Route:
        """Return what this stands for."""
        if self.portal is not None:
            return self.portal.route(self.name)
        usual = _USUAL
        return Route(
            name=self.name or f"{self.hosts[0]}{self.paths[0]}",
            hosts=tuple(self.hosts),
            paths=tuple(self.paths),
            targets=tuple(target.target() for target in self.targets),
            redirect=None if self.redirect is None else self.redirect.redirect(),
            page=None if self.page is None else self.page.page(200),
            rewrite=usual.rewrite if self.rewrite is None else self.rewrite.rewrite(),
            keep_host=self.keep_host,
            request_fields=_changes(self.request_fields),
            response_fields=_changes(self.response_fields),
            timeouts=usual.timeouts if self.timeouts is None else self.timeouts.timeouts(),
            body_limit=self._body_limit(),
            balancing=usual.balancing if self.balancing is None else self.balancing.balancing(),
            retry=usual.retry if self.retry is None else self.retry.policy(),
            health=usual.health if self.health is None else self.health.checks(),
            rate_limit=None if self.rate_limit is None else self.rate_limit.limit(),
            maintenance=(
                usual.maintenance if self.maintenance is None else self.maintenance.maintenance()
            ),
            tls=None if self.tls is None else self.tls.own_policy(),
            certificate_made=self.tls is not None and self.tls.certificate is not None,
        )

    def _body_limit(self) -> int | None:
        # Written as off it is no limit, not the one of the whole proxy.
        if self.body_limit is None and "body_limit" in self.model_fields_set:
            return 0
        return self.body_limit


def _changes(section: FieldsSection | None) -> FieldChanges:
    return _USUAL.request_fields if section is None else section.changes()
