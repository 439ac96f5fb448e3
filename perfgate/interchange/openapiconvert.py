"""An OpenAPI document as a workload: a scenario an operation, and the account of those that could not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from perfgate.errors import UsageError
from perfgate.interchange.draft import Draft, DraftRequest, DraftScenario, LeftOutError
from perfgate.interchange.openapibody import request_body_of
from perfgate.interchange.openapiparams import Parameters, parameters_of
from perfgate.interchange.openapirefs import References
from perfgate.interchange.openapisecurity import credentials_of
from perfgate.interchange.openapiservers import target_of
from perfgate.interchange.openapivalues import Generator
from perfgate.interchange.scrub import Scrubber
from perfgate.interchange.swagger2 import METHODS, upgraded
from perfgate.interchange.vault import Vault

READS = ("get", "head")
WRITES = ("post", "put", "patch", "delete")
MAX_OPERATIONS = 5000
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def is_openapi(document: Mapping[str, Any]) -> bool:
    """Whether a document says that it is OpenAPI or Swagger."""
    return "openapi" in document or "swagger" in document


def draft_of_openapi(document: Mapping[str, Any], name: str, *, every: bool, seed: int) -> Draft:
    """The workload with a scenario for each operation that reads, and with `every` for each that writes.

    Raises:
        UsageError: a version perfgate does not know, or no operation can be sent.
    """
    version = _version(document, name)
    try:
        document = upgraded(document) if version.startswith("2") else document
    except LeftOutError as error:
        raise UsageError(f"{name}: {error}", "mend the document, or bundle it into one file") from error
    target, notes = target_of(document)
    converter = _Converter(document, seed)
    scenarios, left_out, skipped = [], [], 0
    for path, item, method in _operations(document, name):
        if method in WRITES and not every:
            skipped += 1
            continue
        label = f"{method.upper()} {path}"
        try:
            scenarios.append(converter.scenario(path, item, method))
        except LeftOutError as error:
            left_out.append(f"left out: {label}: {error}")
    if not scenarios:
        raise UsageError(
            f"{name}: no operation can be sent: "
            + ("; ".join(left_out[:3]) or (f"all {skipped} write" if skipped else "it has none")),
            "operations that write are converted with --all"
            if skipped and not every
            else "mend the document",
        )
    if skipped:
        notes.append(
            f"left out: {skipped} operations that write (POST, PUT, PATCH, DELETE); --all converts them too"
        )
    if document.get("webhooks"):
        notes.append("left out: webhooks, which the service sends itself")
    notes += [f"set {variable}: {where}" for variable, where in converter.vault.taken_from.items()]
    title = f"{len(scenarios)} operations, made by perfgate convert from {name} (OpenAPI {version})"
    return Draft(target=target, scenarios=tuple(scenarios), notes=(title, *notes, *left_out))


def _version(document: Mapping[str, Any], name: str) -> str:
    version = str(document.get("openapi") or document.get("swagger"))
    if not re.fullmatch(r"3\.[012](\.\d+)?(-\w+)?|2(\.0)?", version):
        raise UsageError(
            f"{name}: OpenAPI {version[:20]!r} is not known",
            "OpenAPI 3.0 and 3.1 and Swagger 2.0 can be converted",
        )
    return version


def _operations(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any, str]]:
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise UsageError(
            f"{name}: there are no paths", "an OpenAPI document lists its operations under paths"
        )
    references, count = References(document), 0
    for path, raw in paths.items():
        if path.startswith("x-"):
            continue
        try:
            item = references.resolved(raw)
        except LeftOutError as error:
            yield path, {"get": {"x-refused": str(error)}}, "get"
            continue
        if not isinstance(item, dict):
            yield path, {"get": {"x-refused": "nothing is described there"}}, "get"
            continue
        for method in METHODS:
            if method in item:
                if not isinstance(item[method], dict):
                    yield path, {method: {"x-refused": "nothing is described there"}}, method
                    continue
                count += 1
                if count > MAX_OPERATIONS:
                    raise UsageError(f"{name}: more than {MAX_OPERATIONS} operations", "split the document")
                yield path, item, method


class _Converter:
    def __init__(self, document: Mapping[str, Any], seed: int) -> None:
        self.vault = Vault()
        self._document = document
        self._references = References(document)
        self._seed = seed

    def scenario(self, path: str, item: Mapping[str, Any], method: str) -> DraftScenario:
        """One operation.

        Raises:
            LeftOutError: something it needs cannot be made.
        """
        operation = item[method]
        if "x-refused" in operation:
            raise LeftOutError(str(operation["x-refused"]))
        if method not in (*READS, *WRITES):
            raise LeftOutError("its method is for the protocol, not for load")
        if not path.startswith("/") or path.startswith("//"):
            raise LeftOutError("its path does not begin with one /")
        label = f"{method.upper()} {path}"
        generator = Generator(self._references, self.vault, f"{self._seed} {label}")
        scrubber = Scrubber(self.vault, {})
        found = parameters_of(item, operation, self._references, generator)
        kind, body, content_type = request_body_of(
            operation if method in WRITES else {}, self._references, generator, scrubber
        )
        credentials = credentials_of(self._document, operation, self._references, self.vault)
        statuses, status_notes = _statuses(operation)
        query = [*found.query, *(f"{key}={hole}" for key, hole in credentials.query.items())]
        headers = {**found.headers, **credentials.headers}
        if content_type:
            headers["content-type"] = content_type
        request = DraftRequest(
            method=method,
            url=_url(path, found) + (f"?{'&'.join(query)}" if query else ""),
            name=label.replace("{{", "("),
            headers=headers,
            cookies={**found.cookies, **credentials.cookies},
            auth=credentials.auth,
            body_kind=kind,
            body=body,
            statuses=statuses,
            follows_redirects=not (statuses and all(300 <= status < 400 for status in statuses)),
            notes=(
                *(("deprecated",) if operation.get("deprecated") is True else ()),
                *found.notes,
                *credentials.notes,
                *status_notes,
                *(
                    ("its body is optional and of a kind that cannot be made up: none is sent",)
                    if method in WRITES and operation.get("requestBody") and not kind
                    else ()
                ),
            ),
        )
        return DraftScenario(name=_title(operation, label), steps=(request,))


def _url(path: str, found: Parameters) -> str:
    missing = [name for name in _PLACEHOLDER.findall(path) if name not in found.path]
    if missing:
        raise LeftOutError(f"its path parameter {missing[0][:80]!r} is not described")
    written = _PLACEHOLDER.sub(lambda match: found.path[match[1]], path)
    rest = _PLACEHOLDER.sub("", path)
    if "{" in rest or "}" in rest or any(c.isspace() for c in rest):
        raise LeftOutError("its path has a brace or white space of its own")
    return written


def _title(operation: Mapping[str, Any], label: str) -> str:
    tags = operation.get("tags")
    tag = f"{tags[0]}: " if isinstance(tags, list) and tags and isinstance(tags[0], str) else ""
    name = operation.get("operationId")
    text = tag + (name if isinstance(name, str) and name else label)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200].replace("{{", "(")


def _statuses(operation: Mapping[str, Any]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    responses = operation.get("responses")
    codes = [str(code) for code in responses] if isinstance(responses, dict) else []
    whole = sorted({int(code) for code in codes if re.fullmatch(r"[23]\d\d", code)})
    good = [code for code in whole if code < 300]
    if "2XX" in (code.upper() for code in codes):
        return tuple(sorted({*good, 200, 201, 202, 204})), ()
    if good:
        return tuple(good), ()
    if whole:
        return tuple(whole), ()
    return (), ("no successful status is described: every status is taken",)
