"""`formData`: multipart/form-data bodies whose bytes are the same on both sides."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from perfgate.workload.body import compiled, compiled_key
from perfgate.workload.files import read_beside
from perfgate.workload.gathered import Gathered
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.template import Names, Template, as_text, resolve

# Its own tables only: those of the machine would make the same workload send other bytes elsewhere.
_TYPES = mimetypes.MimeTypes()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part: a value of the pass or the bytes of a file, and what is said about it."""

    name: str | Template
    value: Any
    content_type: str | None
    filename: str | None = None

    def field(self, scope: Scope) -> RequestField:
        value, name = resolve(self.value, scope), as_text(resolve(self.name, scope))
        data = value if isinstance(value, bytes) else as_text(value).encode("utf-8", "replace")
        field = RequestField(name, data, filename=self.filename)
        field.make_multipart(content_type=self.content_type)
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
    boundary = _boundary(place.value, [part.value for part in parts if part.filename is not None])
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
        return _file_part(name, fields["fromFile"], content_type, gathered)
    value = fields["value"]
    return _Part(name=name, value=compiled(value, value.scalar(), names), content_type=content_type)


def _file_part(name: str | Template, place: Place, content_type: str | None, gathered: Gathered) -> _Part:
    path = _fixed(place)
    content = read_beside(place, "file")
    gathered.file(path, content)
    guessed = _TYPES.guess_type(path, strict=False)[0] or "application/octet-stream"
    return _Part(name=name, value=content, content_type=content_type or guessed, filename=PurePath(path).name)


def _fixed(place: Place) -> str:
    text = place.text()
    if "{{" in text or not text.isprintable():
        raise place.fail("only plain text can stand here, no template", "write it out")
    return text
