"""What an operation wants for credentials: a hole in a header, a query, a cookie, or basic authentication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfgate.interchange.draft import LeftOutError
from perfgate.interchange.openapirefs import References
from perfgate.interchange.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Where the holes go, and what could not be given."""

    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    auth: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def credentials_of(
    document: Mapping[str, Any], operation: Mapping[str, Any], references: References, vault: Vault
) -> Credentials:
    """The credentials of the first of the operation's alternatives; none where none are wanted."""
    wanted = operation.get("security", document.get("security"))
    found = Credentials()
    alternatives = [each for each in wanted if isinstance(each, dict)] if isinstance(wanted, list) else []
    if not alternatives or {} in alternatives:
        return found
    components = document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    for name in alternatives[0]:
        try:
            scheme = references.resolved(schemes[name] if isinstance(schemes, dict) else None)
        except (KeyError, LeftOutError):
            scheme = None
        if not isinstance(scheme, dict):
            found.notes.append(
                f"the security scheme {name!r} is not in the document: no credentials are sent"
            )
        else:
            _add(found, str(name), scheme, vault)
    return found


def _add(found: Credentials, name: str, scheme: Mapping[str, Any], vault: Vault) -> None:
    kind = str(scheme.get("type") or "").lower()
    how = str(scheme.get("scheme") or "").lower()
    where = f"the security scheme {name}"
    parameter = scheme.get("name")
    if kind == "apikey" and isinstance(parameter, str) and parameter:
        hole = vault.hole(f"\0security {name}", "API_KEY", where)
        places = {"header": found.headers, "query": found.query, "cookie": found.cookies}
        place = places.get(str(scheme.get("in")), found.headers)
        place[parameter.lower() if place is found.headers else parameter] = hole
    elif kind == "basic" or (kind == "http" and how == "basic"):
        found.auth["user"] = vault.hole(f"\0user {name}", "API_USER", where)
        found.auth["pass"] = vault.hole(f"\0pass {name}", "API_PASSWORD", where)
    elif kind in ("oauth2", "openidconnect") or (kind == "http" and how == "bearer"):
        found.headers["authorization"] = (
            f"Bearer {vault.hole(f'{chr(0)}security {name}', 'API_TOKEN', where)}"
        )
    else:
        found.notes.append(
            f"{where} ({' '.join(filter(None, (kind, how)))}) cannot be given: no credentials are sent"
        )
