# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One entry of a declaration, read option by option.

Every reader raises InvalidInput with one line that names the item, the option and the reason, so
that among thousands of entries the wrong one is found. Values may come from YAML, JSON or a
template, so a number may be spelled as text. An option that is None was not given.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from .._converge.errors import InvalidInput
from .._inet.address import Address, parse_address

_TRUE = ("true", "yes", "on", "1", "y", "t")
_FALSE = ("false", "no", "off", "0", "n", "f")
_MOST_DIGITS = 20  # more than any number here has; Python refuses to convert thousands of them


class Vocabulary:
    """The options an item may have, and other names for them.

    ``canonical`` maps every name that may be given to the option it means.
    """

    def __init__(self, names: Iterable[str], aliases: Optional[Mapping[str, str]] = None) -> None:
        self.names = tuple(names)
        self.aliases = dict(aliases or {})
        self.canonical = dict({name: name for name in self.names}, **self.aliases)


class Item:
    """One entry: its options by canonical name, and the words by which errors call it."""

    def __init__(self, options: Mapping[str, Any], label: str, vocabulary: Vocabulary) -> None:
        """``label`` says where the entry stands, for example ``config[3]``; it may be empty."""
        self._label = label
        self._name: Tuple[Union[str, Callable[..., str]], Tuple[object, ...]] = ("", ())
        self._options: Dict[str, Any] = {}
        for name, value in options.items():
            if value is None:
                continue
            canonical = vocabulary.canonical.get(name)
            if canonical is None:
                raise self.error(_unknown(str(name), vocabulary))
            if canonical in self._options and self._options[canonical] != value:
                raise self.error("%s: give one of its names only" % _names(canonical, vocabulary))
            self._options[canonical] = value

    def call(self, name: Union[str, Callable[..., str]], *parts: object) -> None:
        """From now on errors call the item ``name``, beside the place where it stands.

        A function is asked for the name, with ``parts``, only when there is an error: most of ten
        thousand items have none.
        """
        self._name = (name, parts)

    def error(self, reason: str) -> InvalidInput:
        """Return the error that says ``reason`` of this item."""
        name, parts = self._name
        if not isinstance(name, str):
            name = name(*parts)
        if self._label and name:
            return InvalidInput("%s (%s): %s" % (self._label, name, reason))
        where = self._label or name
        return InvalidInput("%s: %s" % (where, reason) if where else reason)

    def given(self, name: str) -> bool:
        """Tell whether the option was given."""
        return name in self._options

    def get(self, name: str) -> Any:
        """Return the option as it was given, None when it was not."""
        return self._options.get(name)

    def label_of(self, name: str, index: Optional[int] = None) -> str:
        """Return how errors call the option ``name``, or entry ``index`` of it when a list."""
        path = "%s.%s" % (self._label, name) if self._label else name
        return path if index is None else "%s[%d]" % (path, index)

    def refuse(self, names: Sequence[str], because: str) -> None:
        """Raise when one of the options is given."""
        for name in names:
            if name in self._options:
                raise self.error("%s does not go with %s" % (name, because))

    def text(self, name: str) -> Optional[str]:
        """Return the option as text without blanks around it, None when it was not given."""
        value = self._options.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise self.error("%s must be text, not %s" % (name, _kind(value)))
        text = str(value).strip()
        if not text:
            raise self.error("%s is empty" % name)
        if not text.isprintable():
            raise self.error("%s has characters that cannot be printed" % name)
        return text

    def integer(
        self, name: str, minimum: int, maximum: int, default: Optional[int] = None
    ) -> Optional[int]:
        """Return the option as a number within ``minimum`` and ``maximum``."""
        value = self._options.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            digits = value.strip()
            body = digits[1:] if digits[:1] == "-" else digits
            if body.isascii() and body.isdigit() and len(body) <= _MOST_DIGITS:
                value = int(digits)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error("%s must be a whole number, not %r" % (name, value))
        if not minimum <= value <= maximum:
            raise self.error("%s must be %d to %d, not %d" % (name, minimum, maximum, value))
        return value

    def number(self, name: str, minimum: float, maximum: float, default: float) -> float:
        """Return the option as a number, fractions allowed, within ``minimum`` and ``maximum``."""
        value = self._options.get(name)
        if value is None:
            return default
        try:
            if isinstance(value, bool):
                raise ValueError
            result = float(value)
        except (TypeError, ValueError, OverflowError):
            raise self.error("%s must be a number, not %r" % (name, value)) from None
        if not minimum <= result <= maximum:
            raise self.error("%s must be %g to %g, not %g" % (name, minimum, maximum, result))
        return result

    def flag(self, name: str, default: Optional[bool] = None) -> Optional[bool]:
        """Return the option as true or false."""
        value = self._options.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise self.error("%s must be true or false, not %r" % (name, value))

    def choice(
        self, name: str, choices: Sequence[str], default: Optional[str] = None
    ) -> Optional[str]:
        """Return the option when it is one of ``choices``."""
        value = self._options.get(name)
        if value is None:
            return default
        if value not in choices:
            raise self.error("%s must be one of %s, not %r" % (name, ", ".join(choices), value))
        return str(value)

    def address(self, name: str) -> Optional[Address]:
        """Return the option as an address, None when it was not given."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return parse_address(text)
        except ValueError as error:
            raise self.error("%s: %s" % (name, error)) from None

    def words(self, name: str) -> Optional[List[str]]:
        """Return the option as a list of texts; one text, or texts with commas, is such a list."""
        value = self._options.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            value = [word for word in value.split(",") if word.strip()]
        if not isinstance(value, (list, tuple)):
            raise self.error("%s must be a list, not %s" % (name, _kind(value)))
        for word in value:
            if isinstance(word, bool) or not isinstance(word, (str, int)):
                raise self.error("%s has an entry that is %s, not text" % (name, _kind(word)))
        return [str(word).strip() for word in value]

    def entries(self, name: str) -> Optional[List[Mapping[str, Any]]]:
        """Return the option as a list of dictionaries, None when it was not given."""
        value = self._options.get(name)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            raise self.error("%s must be a list, not %s" % (name, _kind(value)))
        for index, entry in enumerate(value):
            if not isinstance(entry, AnyMapping):
                raise self.error("%s[%d] must be a dictionary, not %r" % (name, index, entry))
        return list(value)


def _unknown(name: str, vocabulary: Vocabulary) -> str:
    # Only a wrong declaration pays for this import.
    from difflib import get_close_matches

    near = get_close_matches(name, list(vocabulary.canonical), 1)
    hint = "; did you mean %s?" % near[0] if near else ""
    return "unknown option %r%s" % (name, hint)


def _names(canonical: str, vocabulary: Vocabulary) -> str:
    others = [name for name, meant in vocabulary.aliases.items() if meant == canonical]
    return "%s is also called %s" % (canonical, ", ".join(others))


def _kind(value: Any) -> str:
    names = {dict: "a dictionary", list: "a list", str: "text", bool: "a boolean", int: "a number"}
    return names.get(type(value), "a %s" % type(value).__name__)
