# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A YAML file as plain data, where every value can be told the line of."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import yaml

from sluice_proxy.config.problems import InvalidConfig, Path, Problem, field_name
from sluice_proxy.config.scalars import plain_scalar

MAX_BYTES = 32 * 1024 * 1024
MAX_VALUES = 2_000_000
"""Most values of a file, with every alias counted as what it stands for."""
CHARACTERS = 32
"""A longer text counts as one value for each so many of its characters."""
MAX_DEPTH = 32

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAG = "tag:yaml.org,2002:str"
_Pair = tuple[yaml.Node, yaml.Node]
"""The nodes of a key and of its value."""


class Document:
    """The data of a file and, on demand, the places of its values."""

    def __init__(self, file: str, text: bytes) -> None:
        self.file = file
        self._text = text
        self._children: dict[int, dict[str, _Pair]] = {}
        self.data = _Builder(file).build(text)

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        """Return ``message`` with the place of the value at ``path``, or of its ``key``.

        Of a value that the file does not have, it is the place of what would have it.
        """
        node = found = self._root
        for part in path:
            pair = self._child(node, part)
            if pair is None:
                break
            found, node = pair if key else (pair[1], pair[1])
        if found is None:
            return Problem(0, 0, field_name(path), message)
        mark = found.start_mark
        return Problem(mark.line + 1, mark.column + 1, field_name(path), message)

    def _child(self, node: yaml.Node | None, part: str | int) -> _Pair | None:
        """Return the nodes of the key and of the value called ``part`` in ``node``."""
        if isinstance(node, yaml.SequenceNode):
            inside = isinstance(part, int) and part < len(node.value)
            return (node.value[part], node.value[part]) if inside else None
        if not isinstance(node, yaml.MappingNode):
            return None
        children = self._children.get(id(node))
        if children is None:
            children = self._children[id(node)] = _children(node)
        return children.get(str(part))

    @cached_property
    def _root(self) -> yaml.Node | None:
        # Composing calls itself for every level, in C and without a bound: the text was found to
        # have few levels before anybody asks.
        root: yaml.Node | None = yaml.compose(self._text, Loader=_Loader)
        return root


def read_document(text: bytes, file: str) -> Document:
    """Return the document of ``text``; ``file`` names it in errors. Raises InvalidConfig."""
    if len(text) > MAX_BYTES:
        message = f"the file has {len(text)} bytes: {MAX_BYTES} are possible"
        raise InvalidConfig(file, [Problem(0, 0, "", message)])
    try:
        return Document(file, text)
    except yaml.YAMLError as error:
        raise InvalidConfig(file, [_syntax(error)]) from error
    except UnicodeDecodeError as error:
        problem = Problem(0, 0, "", f"the file is not UTF-8: {error.reason}")
        raise InvalidConfig(file, [problem]) from error


class _Frame:
    """A list or mapping that is being read; ``key`` is None where a key comes next."""

    __slots__ = ("anchor", "brought", "data", "key", "mark", "size")

    def __init__(self, data: list[Any] | dict[str, Any], event: Any) -> None:
        self.data = data
        self.anchor: str | None = event.anchor
        self.mark = event.start_mark
        self.key: str | None = None
        self.size = 1
        self.brought: list[dict[str, Any]] = []


class _Builder:
    """Makes data from the events of the parser, within the bounds, and without recursion."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._problems: list[Problem] = []
        self._root: Any = None
        self._documents = 0

    def build(self, text: bytes) -> Any:
        loader = _Loader(text)
        try:
            while (event := loader.get_event()) is not None:
                self._take(event)
        finally:
            loader.dispose()
        if self._problems:
            raise InvalidConfig(self._file, self._problems)
        return {} if self._root is None else self._root

    def _take(self, event: Any) -> None:
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._begin({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._begin([], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                self._stop(event.start_mark, "a second document begins here: leave it out")

    def _scalar(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and frame.data.__class__ is dict:
            self._key(frame, event)
            return
        value = event.value
        if event.implicit[0]:
            value = plain_scalar(value)
        elif event.tag not in (None, _TEXT_TAG, "!"):
            self._note(event.start_mark, f"tag {event.tag} is not known: leave it out")
        size = 1 + len(event.value) // CHARACTERS
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, size)
        self._add(value, size, event.start_mark)

    def _key(self, frame: _Frame, event: Any) -> None:
        name: str = event.value
        if name in frame.data and not (name == "<<" and event.implicit[0]):
            self._note(event.start_mark, "this key is here twice: leave one out", name)
        frame.key = name

    def _begin(self, data: list[Any] | dict[str, Any], event: Any) -> None:
        frames = self._frames
        if len(frames) >= MAX_DEPTH:
            self._stop(event.start_mark, f"values are nested deeper than {MAX_DEPTH}")
        if frames and frames[-1].key is None and frames[-1].data.__class__ is dict:
            self._stop(event.start_mark, "a list or mapping cannot be a key: write a text")
        frames.append(_Frame(data, event))

    def _end(self) -> None:
        frame = self._frames.pop()
        data: Any = frame.data
        if frame.brought:
            # Of several, the first one counts, and what the mapping has itself before all.
            whole: dict[str, Any] = {}
            for brought in reversed(frame.brought):
                whole.update(brought)
            whole.update(data)
            data = whole
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (data, frame.size)
        self._add(data, frame.size, frame.mark)

    def _alias(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and frame.data.__class__ is dict:
            self._stop(event.start_mark, "an alias cannot be a key: write a text")
        if event.anchor not in self._anchors:
            self._stop(event.start_mark, f"no value before this one has the anchor &{event.anchor}")
        value, size = self._anchors[event.anchor]
        self._add(value, size, event.start_mark)

    def _add(self, value: Any, size: int, mark: Any) -> None:
        """Put a finished value into the one around it."""
        if not self._frames:
            self._root = value
            return
        frame = self._frames[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            self._stop(mark, f"the file has more than {MAX_VALUES} values, aliases included")
        data: Any = frame.data
        name = frame.key
        if name is None:
            data.append(value)
            return
        frame.key = None
        if name == "<<":
            self._bring(frame, value, mark)
        else:
            data[name] = value

    def _bring(self, frame: _Frame, value: Any, mark: Any) -> None:
        parts = value if isinstance(value, list) else [value]
        if all(isinstance(part, dict) for part in parts):
            frame.brought.extend(parts)
        else:
            self._note(mark, "<< takes a mapping, or a list of them")

    def _note(self, mark: Any, message: str, last: str | None = None) -> None:
        path: list[str | int] = []
        for frame in self._frames:
            if isinstance(frame.data, list):
                path.append(len(frame.data))
            elif frame.key is not None:
                path.append(frame.key)
        if last is not None:
            path.append(last)
        field = field_name(tuple(path))
        self._problems.append(Problem(mark.line + 1, mark.column + 1, field, message))

    def _stop(self, mark: Any, message: str) -> None:
        self._note(mark, message)
        raise InvalidConfig(self._file, self._problems)


def _children(node: yaml.MappingNode) -> dict[str, _Pair]:
    """Return what a mapping has: its own before what ``<<`` brings in, the first of all there."""
    found: dict[str, _Pair] = {}
    waiting: list[yaml.Node] = [node]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, yaml.MappingNode):
            continue
        merged: list[yaml.Node] = []
        for key, value in one.value:
            if key.value == "<<":
                merged.extend(value.value if isinstance(value, yaml.SequenceNode) else [value])
            else:
                found.setdefault(str(key.value), (key, value))
        waiting.extend(reversed(merged))
    return found


def _syntax(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    message = f"this is not YAML: {' '.join(str(said).split())}"
    if mark is None:
        return Problem(0, 0, "", message)
    return Problem(mark.line + 1, mark.column + 1, "", message)
