"""The format of a results file: `perfgate.model.Result` as strict, versioned JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, create_model

from perfgate.model import Commit, EndpointRound, Environment, Health, Placement, Result, Round
from perfgate.store import boundary, histogram
from perfgate.store.jsonfile import Document, Format, with_keys

SCHEMA_VERSION = 3


def _payload(text: str) -> str:
    if text:
        histogram.decode(text)
    return text


Payload = Annotated[str, Field(max_length=1 << 20), AfterValidator(_payload)]
HttpStatus = Annotated[str, Field(pattern="^[0-9]{1,3}$")]
Quantile = Literal["p50", "p95", "p99"]

RULES: boundary.Rules = {
    (Commit, "sha"): boundary.Sha,
    (Health, "steal_ratio"): boundary.Share,
    (Health, "kernel_stamped_ratio"): boundary.Share,
    (Health, "clock_step_ns"): boundary.Signed,
    (EndpointRound, "quantiles_ns"): dict[Quantile, boundary.Amount],
    (EndpointRound, "statuses"): Annotated[
        dict[HttpStatus, boundary.Count], Field(json_schema_extra={"additionalProperties": False})
    ],
    (EndpointRound, "histogram"): Payload,
    (Round, "seed"): boundary.Seed,
    (Round, "rss_slope_bytes"): boundary.Change | None,
    (Result, "schema_version"): Literal[3],
    (Result, "seed"): boundary.Seed,
    (Result, "started_at"): boundary.Instant,
}


def _fold(result: Result) -> dict[str, Any]:
    """In the file the environment says apart what makes results comparable and what was merely seen."""
    keys: dict[str, Any] = boundary.plain(result)
    observed = {"placement": keys.pop("placement")}
    return keys | {"environment": {"identity": keys["environment"], "observed": observed}}


def _unfold(**keys: Any) -> Result:
    environment: Any = keys.pop("environment")
    return Result(environment=environment.identity, placement=environment.observed.placement, **keys)


def _environment() -> type[BaseModel]:
    identity = boundary.dataclass_shape(Environment, RULES)
    placement = boundary.dataclass_shape(Placement, RULES)
    observed = create_model("Observed", __config__=boundary.STRICT, placement=(placement, ...))
    return create_model(
        "MeasuredIn", __config__=boundary.STRICT, identity=(identity, ...), observed=(observed, ...)
    )


def _from_version_1(document: Document) -> Document:
    """Version 2 says how fast the service CPUs were, and of a round more than version 1 did."""
    return with_keys(document, calibration_ns=None) | {
        "rounds": [_round_2(old) for old in document["rounds"]]
    }


def _from_version_2(document: Document) -> Document:
    """Version 3 lets a round say that nothing is known of its health, and tells what a tool reported."""
    if any(each["health"] is None for each in document["rounds"]):
        raise ValueError("health is never null yet")
    return with_keys(document, tool=None)


def _round_2(old: Document) -> Document:
    health = with_keys(old["health"], psi_some_ratio=None, throttled_ratio=None, service_cpu_ratio=None)
    return with_keys(old, rss_slope_bytes=None, busy_ns=None, unpaced_connections=None) | {"health": health}


RESULT: Format[Result] = Format(
    name="result",
    version=SCHEMA_VERSION,
    adapter=TypeAdapter(
        boundary.dataclass_shape(
            Result, RULES, fold={"environment": _environment(), "placement": None}, build=_unfold
        )
    ),
    to_json=_fold,
    remedy="remove the file and measure the commit again",
    upgrades={1: _from_version_1, 2: _from_version_2},
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a results file, committed as `result.schema.json`."""
    return RESULT.json_schema()
