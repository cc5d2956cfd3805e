# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies of a route: timeouts, balancing, retries, rates and maintenance."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sluice_proxy.config.sections.section import (
    ONE_OR_MANY,
    Count,
    Duration,
    DurationOrZero,
    OptionalCount,
    OptionalDuration,
    PerSecond,
    Section,
    Text,
    Truth,
)
from sluice_proxy.routes.model.policies import (
    Balancing,
    BalancingMethod,
    Maintenance,
    MaintenanceMode,
    RateLimit,
    RetryOn,
    RetryPolicy,
    RouteTimeouts,
    StickyCookie,
)

_TOKEN = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$"
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Z-]{1,32}\Z")
_USUAL = RetryPolicy()


class RouteTimeoutsSection(Section):
    """How long a target may take; `off` for no limit."""

    connect: Duration = Field(default=5.0, description="Until it accepts, the handshake included.")
    response: OptionalDuration = Field(default=60.0, description="Until its head is there.")
    read: OptionalDuration = Field(default=60.0, description="Between two reads of its content.")
    send: OptionalDuration = Field(default=60.0, description="While it takes none of the request.")
    total: OptionalDuration = Field(default=None, description="For the whole exchange.")
    tunnel: OptionalDuration = Field(
        default=3600.0, description="While an upgraded connection is silent."
    )

    def timeouts(self) -> RouteTimeouts:
        """Return what this stands for."""
        return RouteTimeouts(**dict(self))


class StickySection(Section):
    """A cookie that keeps a client at its target."""

    secret: Text = Field(
        min_length=16,
        description="Key of the cookies' values, 16 characters or more, the same on every node.",
    )
    name: Text = Field(default="sluice_target", pattern=_TOKEN, description="Name of the cookie.")
    max_age: OptionalDuration = Field(
        default=None, description="How long it lasts; `off` until the browser ends."
    )
    path: Text = Field(default="/", pattern=r"^/[!-:<-~]*$", description="Path that it is for.")
    domain: Text | None = Field(
        default=None, pattern=r"^[A-Za-z0-9.-]+$", description="Domain that it is for."
    )
    secure: Truth = Field(default=False, description="Only over TLS.")
    same_site: Literal["Lax", "Strict", "None"] = Field(
        default="Lax", description="`Lax`, `Strict` or `None`."
    )

    @model_validator(mode="after")
    def _secure(self) -> StickySection:
        if self.same_site == "None" and not self.secure:
            raise ValueError("same_site None needs secure: true: browsers refuse it else")
        if self.name.startswith(("__Secure-", "__Host-")) and not self.secure:
            raise ValueError(f"name {self.name} needs secure: true: browsers refuse it else")
        if self.name.startswith("__Host-") and (self.path != "/" or self.domain is not None):
            raise ValueError(f"name {self.name} is for path / without a domain: leave them out")
        if self.max_age is not None and self.max_age < 1:
            raise ValueError("max_age counts in whole seconds: write 1s or more, or off")
        return self

    def cookie(self) -> StickyCookie:
        """Return what this stands for."""
        values = dict(self)
        age = values.pop("max_age")
        secret = values.pop("secret").encode()
        return StickyCookie(secret, max_age=None if age is None else int(age), **values)


class BalancingSection(Section):
    """How one of several targets is chosen."""

    short_forms = ("string",)

    method: BalancingMethod = Field(
        default=BalancingMethod.ROUND_ROBIN,
        description="`round_robin`, `least_connections`, `random_of_two` or `client_hash`.",
    )
    sticky: StickySection | None = Field(
        default=None, description="Keep clients at their target by a cookie."
    )
    slow_start: DurationOrZero = Field(
        default=0.0,
        description="In which the share of a target that came back grows; 0 for at once.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"method": value} if isinstance(value, str) else value

    def balancing(self) -> Balancing:
        """Return what this stands for."""
        sticky = None if self.sticky is None else self.sticky.cookie()
        return Balancing(self.method, sticky, self.slow_start)


def _method(value: Any) -> str:
    if not isinstance(value, str) or not _METHOD.match(value):
        raise ValueError(f"{value!r} is not a method: write it in capitals, like GET")
    return value


class RetrySection(Section):
    """When a request that failed is sent again."""

    short_forms = ("string", "boolean")

    attempts: Count = Field(
        default=_USUAL.attempts,
        le=20,
        description="Sendings at most, the first included; 1 for none.",
    )
    on: Annotated[list[Annotated[RetryOn, BeforeValidator(str)]], *ONE_OR_MANY] = Field(
        default=sorted(_USUAL.on),
        description="After what: `connect` (no connection), `closed` (before an answer), `timeout`,"
        " `bad_response`, `502`, `503`, `504`.",
    )
    methods: Annotated[list[Annotated[str, BeforeValidator(_method)]], *ONE_OR_MANY] = Field(
        default=sorted(_USUAL.methods),
        description="Methods of requests that may be sent twice once a byte of them was sent.",
    )
    budget: float = Field(
        default=_USUAL.budget, ge=0, le=10, description="Retries as a part of a route's requests."
    )
    reserve: float = Field(
        default=_USUAL.reserve, ge=0, le=1e6, description="Retries a second that always may be."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"attempts": 1} if value is False or value == "off" else value

    def policy(self) -> RetryPolicy:
        """Return what this stands for."""
        return RetryPolicy(
            self.attempts, frozenset(self.on), frozenset(self.methods), self.budget, self.reserve
        )


class RateLimitSection(Section):
    """How many requests each client may send."""

    short_forms = ("string", "number", "boolean")

    rate: PerSecond = Field(description="Requests over time, like `10/s`, `90/m` or `500/h`.")
    burst: OptionalCount = Field(
        default=None, description="Requests at once; by default a second's, 1 at least."
    )
    clients: Count = Field(default=10_000, description="Clients that each worker remembers.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"rate": value} if isinstance(value, str | int | float) else value

    def limit(self) -> RateLimit:
        """Return what this stands for."""
        return RateLimit(self.rate, self.burst or max(1, int(self.rate)), self.clients)


class MaintenanceSection(Section):
    """A route that is out of service for a while."""

    short_forms = ("string", "boolean")

    mode: MaintenanceMode = Field(
        default=MaintenanceMode.OFF,
        description="`off`; `pause` holds requests; `stop` answers 503.",
    )
    hold: Duration = Field(default=30.0, description="How long `pause` holds a request.")
    queue: Count = Field(default=1000, description="Requests that are held, by each worker.")
    retry_after: OptionalCount = Field(
        default=None, description="Seconds that the field Retry-After tells; `off` for none."
    )

    @field_validator("mode", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return "off" if value is False else value

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"mode": value} if isinstance(value, str | bool) else value

    def maintenance(self) -> Maintenance:
        """Return what this stands for."""
        return Maintenance(self.mode, self.hold, self.queue, self.retry_after)
