"""The service of one side: started on a free port, awaited, checked, and stopped with all its processes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.errors import MeasureError
from perfgate.target import logs, observe, watchdog
from perfgate.target.group import Group, ask_to_stop, describe_status, end, spawn
from perfgate.target.keeper import Keeper
from perfgate.target.ports import HOST, free_port, listening_ports
from perfgate.target.probe import Answer, open_pool, probe
from perfgate.units import format_duration_ns

if TYPE_CHECKING:
    from perfgate.model import Side

_POLL_S = 0.01
_SHORT_GRACE_NS = 1_000_000_000
# Long enough for a first request that loads half an application, short enough to notice a death meanwhile.
_PROBE_TIMEOUT_S = 5.0
# The last request gets this much even if the time is up, lest its haste hides what the service really says.
_LAST_PROBE_S = 0.25
_PORT_TAKEN = re.compile(r"EADDRINUSE|address (?:is )?already in use|connection in use|address in use", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """How to start, await and stop a service.

    `{port}` and `{host}` in `argv` are replaced; PORT and HOST are in its environment too, and `env` is added
    to perfgate's own. `cwd` is absolute. `ready_statuses` empty means any status below 500. `stop_signal` is
    sent to the process group, which has `grace_ns` until it is killed.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    ready_path: str
    ready_timeout_ns: int
    stop_signal: int
    grace_ns: int
    ready_statuses: tuple[int, ...] = ()


class Service:
    """A service that was started; `port` may change until it is ready, should somebody take the first one."""

    def __init__(
        self,
        spec: ServiceSpec,
        *,
        side: Side,
        cpus: tuple[int, ...] | None,
        log_path: Path,
        keeper: Keeper,
    ) -> None:
        self.spec = spec
        self.side = side
        self.log_path = log_path
        self._cpus = cpus
        self._keeper = keeper
        self.port, self.group = self._launch(avoid=())

    def relaunch(self) -> None:
        """Start again on another port, once what is left of the first attempt has been ended."""
        end(self.group, grace_ns=0)
        self.port, self.group = self._launch(avoid=(self.port,))

    def _launch(self, avoid: tuple[int, ...]) -> tuple[int, Group]:
        port = free_port(avoid)
        argv = tuple(word.replace("{port}", str(port)).replace("{host}", HOST) for word in self.spec.argv)
        with logs.open_log(self.log_path) as log:
            group = spawn(
                argv,
                key="service.command",
                cwd=self.spec.cwd,
                env={**self.spec.env, "PORT": str(port), "HOST": HOST, "PWD": str(self.spec.cwd)},
                log=log,
                keeper=self._keeper,
                cpus=self._cpus,
            )
        return port, group


def start(
    spec: ServiceSpec, *, side: Side, cpus: tuple[int, ...] | None, log_path: Path, keeper: Keeper
) -> Service:
    """Start a service and return at once; `wait_ready` waits, so that two sides can start together.

    Raises:
        UsageError: the command or its directory cannot be used.
        MeasureError: no port, log or process could be had.
    """
    return Service(spec, side=side, cpus=cpus, log_path=log_path, keeper=keeper)


def wait_ready(service: Service) -> None:
    """Wait until the service answers its readiness path, on its second port if it lost the first.

    Raises:
        MeasureError: it ended, or did not become ready in time.
    """
    if _becomes_ready(service):
        return
    service.relaunch()
    if not _becomes_ready(service):
        raise _died(service, "before it was ready")


def check_alive(service: Service, *, during: str) -> None:
    """Make sure the service still runs; `during` names the time passed, such as `round 3`.

    Raises:
        MeasureError: it has ended.
    """
    logs.trim(service.log_path)
    if service.group.exit_status() is not None:
        raise _died(service, f"in {during}")


def stop(service: Service) -> None:
    """End every process of the service: stop signal, grace, SIGKILL, then whoever carries its marker.

    Raises:
        MeasureError: a process survived SIGKILL.
    """
    stop_all((service,))


def stop_all(services: Sequence[Service], *, at_once: bool = False) -> None:
    """Stop several services together, so that their graces do not add up. Ctrl-C kills them at once.

    `at_once` leaves a second of grace at most, enough to remove a temporary directory.

    Raises:
        MeasureError: a process survived SIGKILL.
    """
    began = time.monotonic_ns()
    try:
        for service in services:
            ask_to_stop(service.group, service.spec.stop_signal)
        for service in services:
            grace_ns = min(service.spec.grace_ns, _SHORT_GRACE_NS) if at_once else service.spec.grace_ns
            end(service.group, grace_ns=grace_ns - (time.monotonic_ns() - began))
            logs.trim(service.log_path)
    except BaseException:
        for service in services:
            with suppress(MeasureError):
                end(service.group, grace_ns=0)
        raise


def _becomes_ready(service: Service) -> bool:
    """True once it is ready, False if it ended because its port was taken."""
    spec = service.spec
    deadline = time.monotonic() + spec.ready_timeout_ns / 1e9
    with open_pool(service.port) as pool:
        while True:
            remaining_s = deadline - time.monotonic()
            answer = probe(
                pool, spec.ready_path, timeout_s=min(_PROBE_TIMEOUT_S, max(remaining_s, _LAST_PROBE_S))
            )
            if service.group.exit_status() is not None:
                if _lost_its_port(service):
                    return False
                raise _died(service, "before it was ready")
            if _is_ready(answer, spec):
                logs.trim(service.log_path)
                return True
            if time.monotonic() >= deadline:
                raise _never_ready(service, answer)
            time.sleep(_POLL_S)


def _is_ready(answer: Answer, spec: ServiceSpec) -> bool:
    if answer.status is None:
        return False
    return answer.status in spec.ready_statuses if spec.ready_statuses else answer.status < 500


def _lost_its_port(service: Service) -> bool:
    return _PORT_TAKEN.search(logs.tail(service.log_path)) is not None


def _died(service: Service, when: str) -> MeasureError:
    status = service.group.exit_status() or 0
    quoted = logs.quoted(service.log_path)
    text = f"start it in a checkout of this commit to see why; {quoted}"
    if _lost_its_port(service):
        text = f"base and head run at once: give every port it opens by {{port}} in service.command; {quoted}"
    elif status == 0 and watchdog.marked(service.group.marker):
        text = f"it went on in the background: make it stay in the foreground; {quoted}"
    elif status == -9:
        text = f"perhaps it ran out of memory (perfgate did not kill it); {quoted}"
    return MeasureError(f"{service.side}'s service died {when}: {describe_status(status)}", text)


def _never_ready(service: Service, answer: Answer) -> MeasureError:
    spec = service.spec
    message = (
        f"{service.side}'s service was not ready within {format_duration_ns(spec.ready_timeout_ns)}: "
        f"GET {logs.printable(spec.ready_path)} on port {service.port} {answer.text}"
    )
    logs.trim(service.log_path)
    return MeasureError(message, f"{_what_to_do(service, answer)}; {logs.quoted(service.log_path)}")


def _what_to_do(service: Service, answer: Answer) -> str:
    ports = listening_ports(observe.watch(service).pids)
    if answer.status is not None:
        return "let service.ready name a path that answers, or the status it answers with"
    if service.port in ports:
        return f"it listens on {service.port}, but {HOST} on that port has to answer plain HTTP"
    if ports:
        listed = ", ".join(str(port) for port in sorted(ports))
        return (
            f"it listens on {listed}, not on {service.port}: use {{port}} or $PORT in service.command "
            "or PORT in the service's code"
        )
    return "give it more time with service.ready.timeout, or see what holds it up"
