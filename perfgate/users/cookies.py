"""The cookies of a user as `requests` users know them; the driver keeps and sends them."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from perfgate.model import Port


class Cookie(NamedTuple):
    """One cookie, as far as a load test asks for it."""

    name: str
    value: str


class Cookies:
    """Reads and writes what the driver keeps for one user."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def get_dict(self, domain: str | None = None, path: str | None = None) -> dict[str, str]:
        """Values by name."""
        return self._port.cookies()

    copy = get_dict

    def get(self, name: str, default: Any = None, domain: str | None = None, path: str | None = None) -> Any:
        """The value of one, or the default."""
        return self._port.cookies().get(name, default)

    def set(self, name: str, value: str | None, **attributes: Any) -> None:
        """Set one, for every path unless `path` is given; None takes it away."""
        path = attributes.get("path") or "/"
        kept = f"{name}={value}" if value is not None else f"{name}=; Max-Age=0"
        self._port.put_cookie(f"{kept}; Path={path}")

    def set_cookie(self, cookie: Any) -> None:
        """Set one of `http.cookiejar`."""
        self.set(cookie.name, cookie.value, path=getattr(cookie, "path", None))

    def update(self, other: Any) -> None:
        """Set several: a mapping, a jar, or pairs."""
        pairs: Iterable[Any] = other.items() if hasattr(other, "items") else other
        for each in pairs:
            name, value = (each.name, each.value) if hasattr(each, "name") else each
            self.set(name, value)

    def clear(self, *_: Any) -> None:
        """Be a new visitor."""
        self._port.forget_cookies()

    clear_session_cookies = clear

    def keys(self) -> KeysView[str]:
        """Their names."""
        return self.get_dict().keys()

    def values(self) -> ValuesView[str]:
        """Their values."""
        return self.get_dict().values()

    def items(self) -> ItemsView[str, str]:
        """Names and values."""
        return self.get_dict().items()

    def __getitem__(self, name: str) -> str:
        return self.get_dict()[name]

    def __setitem__(self, name: str, value: str | None) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        self.set(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self.get_dict()

    def __len__(self) -> int:
        return len(self.get_dict())

    def __iter__(self) -> Iterator[Cookie]:
        return iter([Cookie(name, value) for name, value in self.items()])

    def __eq__(self, other: object) -> bool:
        return self.get_dict() == (other.get_dict() if isinstance(other, Cookies) else other)

    __hash__ = None  # type: ignore[assignment]

    def replace(self, other: Mapping[str, str]) -> None:
        """Keep these and no others."""
        self.clear()
        self.update(other)
