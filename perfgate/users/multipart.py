"""`files=`: multipart bodies, as requests makes them, with a boundary that follows from the seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfgate.users.encoding import pairs_of


def multipart_of(files: Any, data: Any, rng: random.Random) -> tuple[bytes, str]:
    """The bytes of `files=` (with the fields of `data=`), and their content type.

    Raises:
        ValueError: `data` is text beside files.
    """
    from urllib3 import encode_multipart_formdata

    if isinstance(data, str | bytes):
        raise ValueError("data beside files must be a mapping or a list of pairs")  # noqa: TRY004 - as requests
    fields: list[Any] = [
        (_text(name), value if isinstance(value, bytes) else str(value))
        for name, value in pairs_of(data or {})
        if value is not None
    ]
    for name, given in files.items() if isinstance(files, Mapping) else files:
        field = _file_field(name, given)
        if field is not None:
            fields.append(field)
    return encode_multipart_formdata(fields, boundary=f"{rng.getrandbits(128):032x}")


def _file_field(name: str, given: Any) -> Any:
    """One file: its content, or (file name, content, content type, headers) with the last two optional."""
    from urllib3.fields import RequestField

    content_type = headers = None
    if isinstance(given, tuple | list):
        file_name, content, content_type, headers = (*given, None, None)[:4]
    else:
        file_name, content = _name_of(given) or name, given
    if content is None:
        return None
    if hasattr(content, "read"):
        content = content.read()
    if isinstance(content, bytearray):
        content = bytes(content)
    field = RequestField(name, content, file_name, headers)
    field.make_multipart(content_type=content_type)
    return field


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and name[:1] != "<" and name[-1:] != ">" else ""


def _text(name: Any) -> Any:
    return name.decode() if isinstance(name, bytes) else name
