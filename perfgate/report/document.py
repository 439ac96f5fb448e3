"""What every JSON document of a report has in common: strict shapes, plain ASCII text, a JSON Schema."""

import json
import math
import re

from pydantic import BaseModel, ConfigDict, Field

_SURROGATE = re.compile("[\ud800-\udfff]")


class Document(BaseModel):
    """A part of a document: exactly the fields it names."""

    model_config = ConfigDict(extra="forbid")


class ReasonDocument(Document):
    """Why something is what it is."""

    code: str = Field(description="Stable; meant for programs.")
    text: str
    remedy: str = Field(description="What to do; may be empty.")


def json_text(document: object) -> str:
    """The document as indented ASCII JSON; names stay as they are, no number is NaN or infinite."""
    return json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"


def schema_of(document: type[Document]) -> str:
    """The JSON Schema of a document, as it is committed."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2) + "\n"


def _plain(value: object) -> object:
    """The value with null for numbers JSON lacks and U+FFFD for characters UTF-8 lacks."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {_plain(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
