"""A GitHub of its own for a test, and what perfgate asks it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perfgate.github.api import Api
from tests.github.github_server import TOKEN, FakeGitHub, github_server


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(name="github")
def _github() -> Iterator[FakeGitHub]:
    with github_server() as github:
        yield github


@pytest.fixture(name="api")
def _api(github: FakeGitHub) -> Api:
    return Api(
        token=TOKEN, api_url=github.url, repository=github.repository, patience_s=20.0, backoff_s=0.001
    )
