# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all sections are made of: the base of their models, and the types of single values."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from sluice_proxy.config import places, units
from sluice_proxy.config.files import Files
from sluice_proxy.routes.model.host_pattern import CERTIFIED, HostPattern, parse_host_pattern
from sluice_proxy.routes.model.path_pattern import PathPattern, parse_path_pattern
from sluice_proxy.snapshot.listening import Address
from sluice_proxy.snapshot.networks import Network


class Section(BaseModel):
    """A mapping of the file; a key that it does not know is an error."""

    short_forms: ClassVar[tuple[str, ...]] = ()
    """Types, in JSON schema's words, that may stand instead of the mapping."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Tell editors of the short forms as well."""
        schema = handler(core_schema)
        if cls.short_forms:
            resolved = handler.resolve_ref_schema(schema)
            whole = dict(resolved)
            resolved.clear()
            resolved["anyOf"] = [whole, {"type": list(cls.short_forms)}]
        return schema


class _OneOrMany:
    """Tells editors that one value may stand for a list of it."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        return {"anyOf": [schema, schema["items"]]}


def _text(value: Any) -> str:
    # A name or a path of digits only is a text all the same; a truth or a list is none.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("write a text here")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("write a whole number here")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("write true or false here")
    return value


def _listed(value: Any) -> Any:
    """Take one value for a list of it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


ONE_OR_MANY = (BeforeValidator(_listed), _OneOrMany())
"""Annotations of a list that may be written as its only value."""


def _or_off(value: Any) -> Any:
    """Take ``off`` and ``none`` for no limit."""
    return None if value is False or value in ("off", "none") else value


OR_OFF = BeforeValidator(_or_off)
"""Annotation of a section that may be left out by ``off``."""


def _duration(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("write a duration here, like 30s")
    return value if value is None else units.seconds(value)


def _positive(value: Any) -> Any:
    duration = _duration(value)
    if duration == 0:
        raise ValueError("0 is no time: write a duration, or off where no limit is possible")
    return duration


def _size(value: Any) -> Any:
    return value if value is None else units.size(value)


def _schema(kind: str | list[str], shape: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "format": shape, "examples": [example]})


Text = Annotated[str, BeforeValidator(_text), Field(max_length=65_536)]
Whole = Annotated[int, BeforeValidator(_whole)]
Truth = Annotated[bool, BeforeValidator(_truth), WithJsonSchema({"type": "boolean"})]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=10_000_000)]
CountOrNone = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=10_000_000)]
OptionalCount = Annotated[
    int | None,
    Field(ge=1, le=10_000_000),
    BeforeValidator(lambda value: value if value is None else _whole(value)),
    BeforeValidator(_or_off),
]
Duration = Annotated[
    float, BeforeValidator(_positive), _schema(["string", "number"], "duration", "30s")
]
DurationOrZero = Annotated[
    float, BeforeValidator(_duration), _schema(["string", "number"], "duration", "30s")
]
OptionalDuration = Annotated[
    float | None,
    BeforeValidator(_positive),
    BeforeValidator(_or_off),
    _schema(["string", "number", "boolean", "null"], "duration", "30s"),
]
Size = Annotated[
    int, BeforeValidator(_size), Field(ge=1), _schema(["string", "integer"], "size", "64KiB")
]
OptionalSize = Annotated[
    int | None,
    Field(ge=1),
    BeforeValidator(_size),
    BeforeValidator(_or_off),
    _schema(["string", "integer", "boolean", "null"], "size", "10MiB"),
]
PerSecond = Annotated[
    float, BeforeValidator(units.per_second), _schema(["string", "number"], "rate", "10/s")
]
Host = Annotated[
    HostPattern,
    BeforeValidator(lambda value: parse_host_pattern(_text(value))),
    _schema("string", "host pattern", "*.example.com"),
]
Hosts = Annotated[list[Host], *ONE_OR_MANY]


def with_an_end(value: Hosts) -> Hosts:
    """Return host patterns whose names a certificate can have; raises ValueError."""
    for host in value:
        if host.kind not in CERTIFIED:
            raise ValueError(f"{host} has no end: write a name, *.NAME or .NAME")
    return value


UrlPath = Annotated[
    PathPattern,
    BeforeValidator(lambda value: parse_path_pattern(_text(value))),
    _schema("string", "path pattern", "/api"),
]
UrlPaths = Annotated[list[UrlPath], *ONE_OR_MANY]
Net = Annotated[
    Network,
    BeforeValidator(lambda value: places.network(_text(value))),
    _schema("string", "network", "10.0.0.0/8"),
]
Nets = Annotated[list[Net], *ONE_OR_MANY]
ListenAddress = Annotated[
    Address,
    BeforeValidator(lambda value: places.listen_address(_text(value))),
    _schema("string", "address", "0.0.0.0:80"),
]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_MEDIA_TYPE = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*;[ -~]*[!-~])?\Z"
)
_VALUE = re.compile(r"(?:[!-~\x80-\U0010ffff](?:[ \t!-~\x80-\U0010ffff]*[!-~\x80-\U0010ffff])?)?\Z")


def _field_name(value: Any) -> str:
    text = _text(value)
    if not _TOKEN.match(text):
        raise ValueError(f"{text!r} is not the name of a field (RFC 9110, section 5.1)")
    return text.lower()


def _field_value(value: Any) -> str:
    text = _text(value)
    if not _VALUE.match(text):
        raise ValueError("a field's value has no control characters and no blanks at its ends")
    return text


def _media_type(value: Any) -> str:
    text = _text(value)
    if not _MEDIA_TYPE.match(text):
        raise ValueError(f"{text!r} is not a type: write it like text/html; charset=utf-8")
    return text


FieldName = Annotated[str, BeforeValidator(_field_name)]
FieldValue = Annotated[str, BeforeValidator(_field_value)]
MediaType = Annotated[str, BeforeValidator(_media_type)]
_HOST = _schema("string", "host", "app.example.com")
HostField = Annotated[str, BeforeValidator(lambda value: places.authority(_text(value))), _HOST]
HostFieldOrEmpty = Annotated[
    str,
    BeforeValidator(lambda value: value if value == "" else places.authority(_text(value))),
    _HOST,
]


def files(info: ValidationInfo) -> Files:
    """Return how the section that is being read finds files."""
    return cast(Files, info.context)


def _existing(value: str, info: ValidationInfo) -> str:
    return files(info).resolved(value)


File = Annotated[
    str,
    AfterValidator(_existing),
    BeforeValidator(_text),
    _schema("string", "file", "tls/chain.pem"),
]


def _named(value: str, info: ValidationInfo) -> str:
    if not value or "\0" in value:
        raise ValueError("write the path of a file")
    return files(info).whole(value)


NamedFile = Annotated[
    str,
    AfterValidator(_named),
    BeforeValidator(_text),
    _schema("string", "file", "secrets/key"),
]
"""A file that need not be there when the configuration is read."""
