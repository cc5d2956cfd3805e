# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a route does with requests: ``rewrite``, ``redirect`` and changes of fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sluice_proxy.config.sections.section import (
    ONE_OR_MANY,
    FieldName,
    FieldValue,
    Section,
    Text,
    Truth,
)
from sluice_proxy.routes.model.actions import FieldChanges, Redirect, Rewrite
from sluice_proxy.routes.model.path_pattern import match_path, sent_path
from sluice_proxy.routes.rewriting.redirecting import check_location

TO_HTTPS = "https://{host}{path}{query}"

_OWN_FIELDS = frozenset(
    "connection content-length expect host keep-alive proxy-connection te trailer"
    " transfer-encoding upgrade".split()
)


def _absolute(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/"):
        raise ValueError("write a path that begins with /")
    return value


MatchPath = Annotated[str, BeforeValidator(lambda value: match_path(_absolute(value)))]
SentPath = Annotated[str, BeforeValidator(lambda value: sent_path(_absolute(value)))]


class ReplaceSection(Section):
    """One beginning of the path instead of another."""

    beginning: MatchPath = Field(description="The beginning, by whole segments.")
    by: SentPath = Field(description="What takes its place.")


class RewriteSection(Section):
    """How the path towards the target is made; one of them."""

    strip: MatchPath = Field(default="", description="Beginning of the path that is left out.")
    replace: ReplaceSection | None = Field(
        default=None, description="Beginning of the path that becomes another one."
    )
    forward_path: SentPath = Field(
        default="", description="What takes the place of the part that the route's path names."
    )

    @model_validator(mode="after")
    def _one(self) -> RewriteSection:
        if sum((bool(self.strip), self.replace is not None, bool(self.forward_path))) != 1:
            raise ValueError("write one of strip, replace and forward_path")
        return self

    def rewrite(self) -> Rewrite:
        """Return what this stands for."""
        replace = None if self.replace is None else (self.replace.beginning, self.replace.by)
        return Rewrite(self.strip, replace, self.forward_path)


def _status(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


class RedirectSection(Section):
    """An answer that sends the client elsewhere."""

    short_forms = ("string",)

    location: Text = Field(
        description="Where to: a template of `{scheme}`, `{host}`, `{port}`, `{path}`, `{rest}`"
        " and `{query}`."
    )
    status: Annotated[Literal[301, 302, 303, 307, 308], BeforeValidator(_status)] = Field(
        default=308, description="301, 302, 303, 307 or 308."
    )
    only_plain: Truth = Field(
        default=False, description="Only requests without TLS; others go to the targets."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if value == "https":
            return {"location": TO_HTTPS, "only_plain": True}
        return {"location": value} if isinstance(value, str) else value

    @field_validator("location")
    @classmethod
    def _template(cls, value: str) -> str:
        return check_location(value)

    def redirect(self) -> Redirect:
        """Return what this stands for."""
        return Redirect(self.location, self.status, self.only_plain)


class FieldsSection(Section):
    """Changes of fields: first it removes, then it sets, then it adds."""

    remove: Annotated[list[FieldName], *ONE_OR_MANY] = Field(
        default=[], description="Names of fields that are left out."
    )
    set: dict[FieldName, FieldValue] = Field(
        default={}, description="Fields that stand instead of any of the same name."
    )
    add: dict[FieldName, list[FieldValue]] = Field(
        default={}, description="Fields that stand beside any of the same name."
    )

    @field_validator("add", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item if isinstance(item, list) else [item] for key, item in value.items()}

    @field_validator("set", "add", mode="before")
    @classmethod
    def _once(cls, value: Any) -> Any:
        if isinstance(value, dict):
            seen: set[str] = set()
            for name in value:
                if name.lower() in seen:
                    raise ValueError(f"field {name} is here twice: names have no case")
                seen.add(name.lower())
        return value

    @model_validator(mode="after")
    def _not_our_own(self) -> FieldsSection:
        for name in (*self.remove, *self.set, *self.add):
            if name in _OWN_FIELDS:
                raise ValueError(f"field {name} is the proxy's own: leave it out")
        return self

    def changes(self) -> FieldChanges:
        """Return what this stands for."""
        added = tuple((name, value) for name, values in self.add.items() for value in values)
        return FieldChanges(tuple(self.remove), tuple(self.set.items()), added)
