"""Reading a YAML 1.2 file the user wrote into plain values that remember their line and column."""

from __future__ import annotations

import difflib
import math
import re
import stat
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from perfgate.errors import UsageError

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_VALUES = 200_000
"""Aliases can make a small file enormous; no file a person wrote has this many values."""

KeyPath = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {_TAG + name for name in ("str", "timestamp", "value")}
_INT = re.compile(r"([-+]?)(0x|0o|0b)?([0-9a-fA-F][0-9a-fA-F_]*)")
_BASES = {"0x": 16, "0o": 8, "0b": 2, None: 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file: `data` holds only dict, list, str, int, float, bool and None; every dict key is a str.

    Dates stay the text they were written as.
    """

    path: Path
    data: dict[str, Any]
    _marks: dict[KeyPath, tuple[int, int]] = field(repr=False, compare=False)

    def where(self, *keys: str | int) -> str:
        """`file:line:column` of the value at `keys` (its key, inside a mapping), or of its nearest parent."""
        return _place(self.path, *self._mark_of(keys))

    def line(self, *keys: str | int) -> int:
        """The line of the value at `keys` (of its key, inside a mapping), or of its nearest parent."""
        return self._mark_of(keys)[0]

    def _mark_of(self, keys: KeyPath) -> tuple[int, int]:
        while keys and keys not in self._marks:
            keys = keys[:-1]
        return self._marks.get(keys, (1, 1))

    def rearranged(self, data: dict[str, Any], origins: Mapping[KeyPath, KeyPath]) -> Document:
        """The same file with other data; `origins` says where a value that has moved was written."""
        moved = {keys: self._marks[origin] for keys, origin in origins.items() if origin in self._marks}
        return Document(path=self.path, data=data, _marks=self._marks | moved)

    def error(self, keys: KeyPath, what: str, hint: str) -> UsageError:
        """The error to raise about the value at `keys`."""
        return UsageError(f"{self.where(*keys)}: {what}", hint)

    def unknown_key(self, keys: KeyPath, valid: Iterable[str]) -> UsageError:
        """The error to raise about a key, the last of `keys`, that is none of `valid`."""
        names = sorted(valid)
        guess = nearest(str(keys[-1]), names)
        what = f"unknown key {str(keys[-1])!r}" + (f", did you mean {guess!r}?" if guess else "")
        return self.error(keys, what, f"use one of: {', '.join(names)}" if names else "remove it")


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid word that looks most like `word`, or None when none comes close."""
    by_folded = {name.casefold(): name for name in valid}
    found = difflib.get_close_matches(word[:80].casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def load_yaml(path: Path) -> Document:
    """Read one YAML document whose top level is a mapping.

    Raises:
        UsageError: the file is missing, unreadable, larger than 1 MiB, not UTF-8, not one well-formed YAML
            document, has a duplicate key, or uses what plain values cannot hold (own tags, NaN).
    """
    return parse_yaml(path, _read(path))


def parse_yaml(path: Path, raw: bytes) -> Document:
    """The same for content that was read elsewhere; `path` is what errors call it.

    Raises:
        UsageError: see `load_yaml`.
    """
    node = _compose(path, _text(path, raw))
    if node is None:
        raise UsageError(f"{_place(path, 1, 1)}: the file is empty", "write at least one key")
    builder = _Builder(path)
    data = builder.build(node, ())
    if not isinstance(data, dict):
        raise UsageError(
            f"{_place(path, *_mark(node))}: the top level is {_kind(data)}, not keys with values",
            "begin the file with a key, like config:",
        )
    return Document(path=path, data=data, _marks=builder.marks)


def _place(path: Path, line: int, column: int) -> str:
    return f"{shown(str(path))}:{line}:{column}"


def shown(text: str) -> str:
    """Text that came from outside, fit for one line of an error message."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _mark(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _integer(text: str) -> int:
    match = _INT.fullmatch(text)
    value = int(match[1] + match[3].replace("_", ""), _BASES[match[2]]) if match else None
    if value is None or abs(value) >= 1 << 64:
        raise ValueError(text[:40])
    return value


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else "a single value"


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{shown(str(path))}: not a file", "give the path of a YAML file")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"{shown(str(path))}: cannot be read: {shown(reason)}", "check the path and its permissions"
        ) from error


def _text(path: Path, raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise UsageError(
            f"{shown(str(path))}: larger than 1 MiB",
            "is this the right file? Move bulk data to a payload file",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise UsageError(f"{_place(path, line, column)}: not UTF-8 text", "save the file as UTF-8") from error


def _compose(path: Path, text: str) -> Node | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            node: Node | None = YAML(typ="safe", pure=True).compose(text)
            return node
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(path, mark.line + 1, mark.column + 1) if mark else _place(path, 1, 1)
        what = " ".join(filter(None, (error.problem, error.context)))
        raise UsageError(
            f"{place}: not valid YAML: {shown(what)}", "check the indentation and the quotes"
        ) from error
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        raise UsageError(
            f"{_place(path, line, column)}: not text: a control character",
            "remove it, or is this a binary file?",
        ) from error
    except RecursionError as error:
        raise UsageError(f"{_place(path, 1, 1)}: nested too deeply", "flatten the file") from error
    except (
        YAMLError,
        ValueError,
        OverflowError,
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
    ) as error:
        # The scanner trips over some malformed input; to the user it is malformed all the same.
        raise UsageError(
            f"{_place(path, 1, 1)}: not valid YAML", "check the file with a YAML linter"
        ) from error


class _Builder:
    """Turns a node graph into plain values, writing down where each one stood."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.marks: dict[KeyPath, tuple[int, int]] = {}
        self.values = 0
        self.merges = 0

    def build(self, node: Node, keys: KeyPath) -> Any:
        self.marks.setdefault(keys, _mark(node))
        self.values += 1
        if self.values > MAX_VALUES:
            raise self._refuse(
                node, "too many values", "move bulk data to a payload file; aliases count each time"
            )
        if len(keys) + self.merges > MAX_DEPTH:
            raise self._refuse(
                node, f"nested more than {MAX_DEPTH} levels", "flatten it; an alias may not contain itself"
            )
        if isinstance(node, MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, keys)
        if isinstance(node, SequenceNode) and node.tag == _TAG + "seq":
            return [self.build(item, (*keys, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        raise self._bad_tag(node)

    def _mapping(self, node: MappingNode, keys: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: list[Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged.append(value_node)
                continue
            key = self._key(key_node)
            if key in result:
                raise self._refuse(key_node, f"duplicate key {key!r}", "remove one of the two")
            self.marks[(*keys, key)] = _mark(key_node)
            result[key] = self.build(value_node, (*keys, key))
        for value_node in merged:
            self._merge(value_node, keys, result)
        return result

    def _merge(self, node: Node, keys: KeyPath, into: dict[str, Any]) -> None:
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            if not isinstance(source, MappingNode):
                raise self._refuse(
                    source, "<< takes a mapping or a list of mappings", "give it an alias such as *name"
                )
            known = set(into)
            part = _Builder(self.path)
            part.values, part.merges = self.values, self.merges + 1
            for key, value in part.build(source, keys).items():
                into.setdefault(key, value)
            self.values = part.values
            for place, mark in part.marks.items():
                if len(place) > len(keys) and place[len(keys)] not in known:
                    self.marks.setdefault(place, mark)

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._refuse(node, "a key must be text", "write a plain word before the colon")
        key = self._scalar(node)
        if not isinstance(key, str):
            raise self._refuse(
                node, f"the key {shown(node.value)} is not text", f'write it in quotes: "{shown(node.value)}"'
            )
        return key

    def _scalar(self, node: ScalarNode) -> str | int | float | bool | None:
        text: str = node.value
        if node.tag in _TEXT_TAGS:
            try:
                # A pair of \u escapes, as JSON writes characters beyond U+FFFF, arrives as two halves.
                return text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError as error:
                raise self._refuse(
                    node, "half of a surrogate pair", "write the character itself, or both halves"
                ) from error
        if node.tag == _TAG + "null":
            return None
        if node.tag == _TAG + "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if node.tag in (_TAG + "int", _TAG + "float"):
            return self._number(node, text)
        raise self._bad_tag(node)

    def _number(self, node: ScalarNode, text: str) -> int | float:
        try:
            value: int | float = (
                float(text.replace("_", "")) if node.tag == _TAG + "float" else _integer(text)
            )
        except ValueError as error:
            raise self._refuse(
                node, "not a number perfgate can read", "write it in decimal digits, or in quotes"
            ) from error
        if not math.isfinite(value):
            raise self._refuse(node, "not a finite number", "write a number, or put the text in quotes")
        return value

    def _bad_tag(self, node: Node) -> UsageError:
        tag = str(node.tag).removeprefix(_TAG)
        return self._refuse(
            node, f"the YAML type {shown(tag)!r} is not supported", "write the value without a tag"
        )

    def _refuse(self, node: Node, what: str, hint: str) -> UsageError:
        return UsageError(f"{_place(self.path, *_mark(node))}: {what}", hint)
