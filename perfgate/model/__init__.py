"""The words of perfgate as types: what is sent, what came back, what was measured, what was concluded.

Everything here is frozen and knows nothing of files, sockets or the terminal. Units are in the names.
Arrays appear only in `Samples`, and numpy is imported only by whoever builds one.
"""

from perfgate.model.answered import (
    Exchange,
    Opening,
    Response,
    Samples,
)
from perfgate.model.concluded import (
    ENDPOINT_STATISTICS,
    LEVELS,
    QUANTILES,
    STATISTICS,
    Acceptance,
    Comparison,
    Level,
    Metric,
    Outcome,
    Reason,
    Statistic,
    Verdict,
)
from perfgate.model.loaded import (
    DriverLoad,
    EndpointLoad,
    LoadSummary,
    Spread,
)
from perfgate.model.measured import (
    Commit,
    EndpointRound,
    Environment,
    Health,
    NextStep,
    Placement,
    Result,
    Round,
)
from perfgate.model.port import (
    LoadOver,
    Port,
)
from perfgate.model.profile import (
    ARRIVAL_EXECUTORS,
    Executor,
    Profile,
    Ramp,
)
from perfgate.model.sent import (
    Request,
    Scenario,
    Script,
    Think,
    UserKind,
    Workload,
    no_check,
)
from perfgate.model.sides import (
    ALL_ENDPOINTS,
    LATENCY_DEFINITION,
    MIN_REQUESTS_FOR_P99,
    SIDES,
    Side,
    Stage,
)

__all__ = [
    "ALL_ENDPOINTS",
    "ARRIVAL_EXECUTORS",
    "ENDPOINT_STATISTICS",
    "LATENCY_DEFINITION",
    "LEVELS",
    "MIN_REQUESTS_FOR_P99",
    "QUANTILES",
    "SIDES",
    "STATISTICS",
    "Acceptance",
    "Commit",
    "Comparison",
    "DriverLoad",
    "EndpointLoad",
    "EndpointRound",
    "Environment",
    "Exchange",
    "Executor",
    "Health",
    "Level",
    "LoadOver",
    "LoadSummary",
    "Metric",
    "NextStep",
    "Opening",
    "Outcome",
    "Placement",
    "Port",
    "Profile",
    "Ramp",
    "Reason",
    "Request",
    "Response",
    "Result",
    "Round",
    "Samples",
    "Scenario",
    "Script",
    "Side",
    "Spread",
    "Stage",
    "Statistic",
    "Think",
    "UserKind",
    "Verdict",
    "Workload",
    "no_check",
]
