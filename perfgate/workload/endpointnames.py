"""What the plugin metrics-by-endpoint calls the endpoints of a file, for the metrics that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from perfgate.workload.place import Place
from perfgate.yamlfile import shown

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_FLAGS = ("useOnlyRequestNames", "stripQueryString", "ignoreUnnamedRequests", "groupDynamicURLs")
NAMESPACE = "plugins.metrics-by-endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """The options of the plugin, as Artillery has them when it is not mentioned.

    `strip_label` says that perfgate's own names are without the query too: only if the file asks for it.
    """

    only_names: bool = False
    strip_query: bool = True
    strip_label: bool = False
    skip_unnamed: bool = False
    namespace: str = NAMESPACE

    def label(self, method: str, url: str, name: str | None) -> str:
        """What perfgate calls the endpoint of a request: its name, or else the method and the URL."""
        if name is not None:
            return shown(name)
        return shown(f"{method.upper()} {url.partition('?')[0] if self.strip_label else url}")


def read_endpoint_options(place: Place, notes: list[str]) -> EndpointOptions:
    """Read `plugins.metrics-by-endpoint`; what changes nothing is noted.

    Raises:
        UsageError: an option that cannot be used.
    """
    known = (*_FLAGS, "metricsNamespace", "suppressOutput")
    entries = place.fields(known) if place.value is not None else {}
    said = {key: entry.flag() for key, entry in entries.items() if key != "metricsNamespace"}
    if said.get("ignoreUnnamedRequests"):
        notes.append("config.plugins.metrics-by-endpoint.ignoreUnnamedRequests: perfgate reports those too")
    if said.get("groupDynamicURLs") is False:
        notes.append("config.plugins.metrics-by-endpoint.groupDynamicURLs: perfgate groups them always")
    return EndpointOptions(
        only_names=said.get("useOnlyRequestNames", False),
        strip_query=said.get("stripQueryString", False),
        strip_label=said.get("stripQueryString", False),
        skip_unnamed=said.get("ignoreUnnamedRequests", False),
        namespace=entries["metricsNamespace"].text() if "metricsNamespace" in entries else NAMESPACE,
    )


def endpoint_names(
    data: Mapping[str, Any], options: EndpointOptions, prefix: str
) -> dict[str, tuple[str, ...]]:
    """Perfgate's endpoints by their names in Artillery's metrics: there one name may be several methods.

    `prefix` is the path of the target, which Artillery's names begin with.
    """
    found: dict[str, tuple[str, ...]] = {}
    for method, request in _requests([data.get("scenarios")]):
        url, name = request.get("url"), request.get("name")
        if not isinstance(url, str) or (options.skip_unnamed and not name):
            continue
        mine = options.label(method, url, None if name is None else str(name))
        base = _base(url, prefix, strip_query=options.strip_query)
        theirs = base if not name else str(name) if options.only_names else f"{base} ({name})"
        found[theirs] = tuple(dict.fromkeys((*found.get(theirs, ()), mine)))
    return found


def _base(url: str, prefix: str, *, strip_query: bool) -> str:
    if not url.startswith("/"):
        parts = urlsplit(url)
        url = parts.path + (f"?{parts.query}" if parts.query else "")
        prefix = ""
    return unquote(prefix + (url.partition("?")[0] if strip_query else url))


def _requests(values: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every request of the flows, those inside loops too, in the order of the file."""
    for value in values:
        if isinstance(value, list):
            yield from _requests(value)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in METHODS and isinstance(item, dict):
                    yield key, item
                elif key in ("flow", "loop", "parallel"):
                    yield from _requests([item])
