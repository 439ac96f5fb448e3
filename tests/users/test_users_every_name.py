"""Every public name of Locust's own modules works or is refused by name; nothing fails without a reason."""

from __future__ import annotations

import pytest
from locust_names import ATTRIBUTES, MODULES
from locust_rows import PLAIN, user
from users_port import answer, run

from perfgate.errors import UsageError
from perfgate.users.reading import read_users


@pytest.mark.parametrize("module", MODULES)
def test_a_public_name_of_a_module_works_or_is_refused_by_name(write, module):
    for name in MODULES[module].split():
        path = write(f"from {module} import {name}\nfrom locust import HttpUser, task\n{PLAIN}")
        try:
            assert read_users(path, environ={}).users
        except UsageError as error:
            refusal = error
        else:
            continue
        assert refusal.message.startswith(f"{path}:1: "), refusal.message
        assert f"{module} has no {name!r}" in refusal.message or f"there is no {module}" in refusal.message
        assert refusal.hint


@pytest.mark.parametrize(("base", "expression"), ATTRIBUTES)
def test_a_public_attribute_works_or_is_refused_by_name(write, base, expression):
    for name in ATTRIBUTES[base, expression].split():
        path = write(
            "from locust import *\n" + user(f"x = {expression}.{name}\nself.client.get('/ok')", base=base)
        )
        steering, objections = run(
            read_users(path, environ={}),
            reply=lambda _: answer(200, '{"a": 1}', content_type="application/json"),
            pauses=2,
        )
        errors = {error for _, error in steering.counted if error}
        assert errors or ("GET /ok", "") in steering.counted, name
        assert all(error.startswith("unsupported: ") and name in error for error in errors), errors
        assert objections == ()


def test_a_user_may_keep_attributes_of_its_own(write):
    text = user(
        "def on_start(self):\n    self.start, self.group, self.client.token = 1, 'a', 't'",
        "def on_stop(self): self.client.proxies = {}; self.client.close()",
        "if (self.start, self.group, self.client.token) == (1, 'a', 't'): self.client.get('/ok')",
    )
    path = write(f"from locust import *\n{text}")
    steering, _ = run(read_users(path, environ={}), reply=lambda _: answer(200, "{}"), pauses=3)
    assert set(steering.counted) == {("GET /ok", "")}
