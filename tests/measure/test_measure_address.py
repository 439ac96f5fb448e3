"""Load goes to this machine unless a host was allowed by name."""

import pytest

from perfgate.errors import UsageError
from perfgate.load.address import Address
from perfgate.measure.address import Approach, Located, locate


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://127.9.9.9:8001/", "http://localhost:8001"])
def test_loopback_is_allowed(url: str) -> None:
    host, port, authority, *_ = locate(url, flag="--base-url", approach=Approach()).address
    assert host.startswith("127.") or host == "::1"
    assert port == 8001
    assert authority in url


def test_ipv6_loopback_is_allowed() -> None:
    located = locate("http://[::1]:81", flag="--base-url", approach=Approach())
    assert located == Located(Address("::1", 81, "[::1]:81"), 0)


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1", "http://10.0.0.1:80", "http://0.0.0.0:80", "http://[fe80::1]:80"]
)
def test_other_hosts_are_refused_by_name(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        locate(url, flag="--head-url", approach=Approach(allowed_hosts=("example.com",)))
    assert "--head-url" in caught.value.message
    assert "--allow-host" in caught.value.hint


def test_an_allowed_host_is_loaded() -> None:
    approach = Approach(allowed_hosts=("192.0.2.1",))
    address = locate("http://192.0.2.1:8", flag="--base-url", approach=approach).address
    assert address == Address("192.0.2.1", 8, "192.0.2.1:8")


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:80", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999",
     "http://127.0.0.1/api", "http://user:secret@127.0.0.1", "http://127.0.0.1?x=1", "http://[::1"],
)  # fmt: skip
def test_what_is_no_plain_service_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        locate(url, flag="--base-url", approach=Approach())
