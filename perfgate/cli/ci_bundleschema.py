"""The shape of bundle.json, strictly: exactly these fields, bounded, and text that can be written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from perfgate.cli.ci_bundle import MAX_KEY, MAX_MARKS, MAX_TEXT, bundle_key, may_be_annotated
from perfgate.errors import ExitCode


def _key(text: str) -> str:
    if text != bundle_key(text):
        raise ValueError("not one clean line")
    return text


def _path(text: str) -> str:
    if not may_be_annotated(text):
        raise ValueError("not the path of a YAML file inside the repository")
    return text


def _exit_code(number: int) -> int:
    if number not in set(ExitCode) - {ExitCode.INTERRUPTED}:
        raise ValueError("not one that perfgate answers a job with")
    return number


Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY), AfterValidator(_key)]
"""A configuration's name as comments and checks have it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class MarkDocument(_Strict):
    """A line of a file that decided."""

    path: Annotated[str, AfterValidator(_path)]
    line: int = Field(ge=1, le=1_000_000)
    of: Literal["comparison", "reason"]
    index: int = Field(ge=0, le=10_000)


class FailureDocument(_Strict):
    """Why nothing was measured."""

    message: str = Field(min_length=1, max_length=MAX_TEXT)
    hint: str = Field(max_length=MAX_TEXT)


class BundleDocument(_Strict):
    """The whole file; `verdict` is a document of verdict.schema.json, which is read on its own."""

    schema_version: int = Field(ge=1, le=1)
    key: Key
    head_sha: str = Field(pattern="^(?:[0-9a-f]{40})?$")
    verdict: dict[str, Any] | None
    failure: FailureDocument | None
    annotations: list[MarkDocument] = Field(max_length=MAX_MARKS)
    exit_code: Annotated[int, AfterValidator(_exit_code)]
