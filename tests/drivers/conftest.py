"""Starting Locust or Artillery takes seconds each time, so what does is left to `make test-tools`."""

import pytest

_SLOW = ("test_locust_", "test_artillery_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name.startswith(_SLOW):
            item.add_marker("tools")
