"""Every row of the table of Locust's features does what the table says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from locust_features import LOCUST_FEATURES
from locust_rows import LocustFeature
from users_port import answer, run

from perfgate.errors import UsageError
from perfgate.model import Request, Response
from perfgate.users.reading import read_users


def _reply(request: Request) -> Response:
    status = 404 if request.target == "/missing" else 200
    return answer(status, '{"a": 1}', content_type="application/json")


@pytest.mark.parametrize("row", LOCUST_FEATURES, ids=[row.feature for row in LOCUST_FEATURES])
def test_a_feature_is_what_the_table_says(write: Callable[..., Path], row: LocustFeature):
    path = write(row.code)
    if row.how == "refused":
        with pytest.raises(UsageError) as caught:
            read_users(path, environ={})
        assert caught.value.message.startswith(f"{path}:")
        assert row.says in caught.value.message
        assert caught.value.hint
        return
    workload = read_users(path, environ={})
    assert any(row.says in note for note in workload.notes) or row.how == "native"
    steering, objections = run(workload, reply=_reply, pauses=4)
    assert ("GET /ok", "") in steering.counted
    assert objections == ()


def test_the_table_names_each_feature_once():
    names = [row.feature for row in LOCUST_FEATURES]
    assert len(set(names)) == len(names) > 90
