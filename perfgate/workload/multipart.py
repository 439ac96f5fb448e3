"""`formData`: multipart/form-data bodies whose bytes are the same on both sides."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from perfgate.errors import UsageError
from perfgate.workload.body import compiled, compiled_key
from perfgate.workload.files import read_beside
from perfgate.workload.gathered import Gathered
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.template import Names, Template, as_text, resolve

# Its own tables only: those of the machine would make the same workload send other bytes elsewhere.
_TYPES = mimetypes.MimeTypes()
_MOST_FILES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part: a value of the pass or the bytes of a file, and what is said about it."""

    name: str | Template
    value: Any
    content_type: str | None
    filename: str | Template | None = None

    def field(self, scope: Scope) -> RequestField:
        value, name = resolve(self.value, scope), as_text(resolve(self.name, scope))
        data = value if isinstance(value, bytes) else as_text(value).encode("utf-8", "replace")
        filename = None if self.filename is None else as_text(resolve(self.filename, scope))
        field = RequestField(name, data, filename=filename)
        content_type = self.content_type
        if filename is not None and content_type is None:
            content_type = _TYPES.guess_type(filename, strict=False)[0] or "application/octet-stream"
        field.make_multipart(content_type=content_type)
        return field


def compile_form_data(place: Place, names: Names, gathered: Gathered) -> tuple[bytes | Template, str]:
    """The body, or a `Template` of it, and its content type.

    The boundary comes from what the file says, not from a pass. A pass whose values contain it makes the
    template raise ValueError.

    Raises:
        UsageError: a part, or the file it names, that cannot be sent.
    """
    parts = [_read_part(name, entry, names, gathered) for name, entry in place.entries().items()]
    if not parts:
        raise place.fail("'formData' has no parts", "give it at least one name and value")
    boundary = _boundary(place.value, [part.value for part in parts if isinstance(part.value, bytes)])
    render = _renderer(parts, boundary)
    varies = any(isinstance(said, Template) for part in parts for said in (part.name, part.value))
    body = Template(render) if varies else render(Scope({}, 0))
    return body, f"multipart/form-data; boundary={boundary}"


def _boundary(written: Any, files: list[bytes]) -> str:
    meaning = [written, [hashlib.sha256(content).hexdigest() for content in files]]
    return f"perfgate-{hashlib.sha256(json.dumps(meaning).encode()).hexdigest()[:32]}"


def _renderer(parts: list[_Part], boundary: str) -> Callable[[Scope], bytes]:
    mark = boundary.encode("ascii")

    def render(scope: Scope) -> bytes:
        body, _ = encode_multipart_formdata([part.field(scope) for part in parts], boundary)
        if body.count(mark) != len(parts) + 1:
            raise ValueError("a value contains the boundary")
        return body

    return render


def _read_part(written: str, place: Place, names: Names, gathered: Gathered) -> _Part:
    name = compiled_key(place, written, names)
    if not isinstance(place.value, dict):
        return _Part(name=name, value=compiled(place, place.scalar(), names), content_type=None)
    fields = place.fields(("value", "fromFile", "contentType"))
    if len(fields.keys() & {"value", "fromFile"}) != 1:
        raise place.fail(f"the part {written!r} takes one of value and fromFile", "keep one of them")
    content_type = _fixed(fields["contentType"]) if "contentType" in fields else None
    if "fromFile" in fields:
        return _file_part(name, fields["fromFile"], content_type, names, gathered)
    value = fields["value"]
    return _Part(name=name, value=compiled(value, value.scalar(), names), content_type=content_type)


def _file_part(
    name: str | Template, place: Place, content_type: str | None, names: Names, gathered: Gathered
) -> _Part:
    path = compiled(place, place.text(), names)
    if not isinstance(path, Template):
        _require_printable(place)
        content = _read_file(place, as_text(path), gathered)
        return _Part(
            name=name, value=content, content_type=content_type, filename=PurePath(as_text(path)).name
        )
    files: dict[str, bytes] = {}
    for written in _possible(path, place.text(), gathered):
        files[written] = _read_file(place, written, gathered)

    def content_of(scope: Scope) -> bytes:
        chosen = as_text(path.render(scope))
        if chosen not in files:
            if len(files) >= _MOST_FILES:
                raise ValueError("too many files")
            files[chosen] = _read_at_last(place, chosen)
        return files[chosen]

    return _Part(
        name=name,
        value=Template(content_of),
        content_type=content_type,
        filename=Template(lambda scope: PurePath(as_text(path.render(scope))).name),
    )


def _possible(path: Template, text: str, gathered: Gathered) -> list[str]:
    """The paths that the rows of payloads and the lists of variables lead to, where one of them decides."""
    found: dict[str, None] = {}
    for name, values in gathered.choices.items():
        if name in text:
            for value in values[:_MOST_FILES]:
                scope = Scope({name: value}, 0)
                rendered = as_text(path.render(scope))
                if not scope.take_problem():
                    found[rendered] = None
    return list(found)


def _read_file(place: Place, path: str, gathered: Gathered) -> bytes:
    content = read_beside(replace(place, value=path), "file")
    gathered.file(path, content)
    return content


def _read_at_last(place: Place, path: str) -> bytes:
    """A file that only the pass knows.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return read_beside(replace(place, value=path), "file")
    except UsageError as error:
        raise ValueError(error.message) from error


def _require_printable(place: Place) -> None:
    if not place.text().isprintable():
        raise place.fail("only plain text can stand here", "write it out")


def _fixed(place: Place) -> str:
    text = place.text()
    if "{{" in text or not text.isprintable():
        raise place.fail("only plain text can stand here, no template", "write it out")
    return text
