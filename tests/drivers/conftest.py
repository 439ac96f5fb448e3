"""Starting a tool takes up to seconds each time, so most of it is left to `make test-tools`."""

import pytest

_SLOW = ("test_locust_", "test_artillery_", "test_k6_features")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name.startswith(_SLOW):
            item.add_marker("tools")
