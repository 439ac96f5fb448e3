"""A target given from outside, and top-level keys that only hold anchors."""

import pytest

from perfgate.errors import UsageError
from perfgate.workload.artillery import read_workload

FILE = """\
config:
  target: "{{ $env.BASE_URL }}/api"
scenarios:
  - flow:
      - get: {url: /text}
"""
ANCHORS = """\
x-common: &common {headers: {X-One: "1"}}
scenarios:
  - flow:
      - get: {<<: *common, url: /text}
"""


def written(tmp_path, text):
    path = tmp_path / "load.yml"
    path.write_text(text)
    return path


def test_a_variable_in_the_target_may_be_unset_when_another_target_is_given(tmp_path):
    path = written(tmp_path, FILE)
    with pytest.raises(UsageError, match="is not set") as caught:
        read_workload(path, environ={})
    assert "-e gives variables like {{ name }} only" in str(caught.value.hint)
    workload = read_workload(path, environ={}, has_target=True)
    assert workload.target is None
    assert "config.target names a variable that is not set, so nothing of it counts" in workload.notes
    whole = read_workload(path, environ={"BASE_URL": "http://h"}, has_target=True)
    assert whole.target == "http://h/api"


def test_another_mistake_in_the_target_is_one_still(tmp_path):
    path = written(tmp_path, FILE.replace("{{ $env.BASE_URL }}/api", "{{ base }}"))
    with pytest.raises(UsageError, match="base"):
        read_workload(path, environ={}, has_target=True)


def test_a_key_that_begins_with_x_holds_anchors(tmp_path):
    workload = read_workload(written(tmp_path, ANCHORS))
    assert workload.notes == ("x-common counts only where an alias repeats it",)
    assert workload.endpoints == ("GET /text",)
    with pytest.raises(UsageError, match="unknown key 'common'"):
        read_workload(written(tmp_path, ANCHORS.replace("x-common:", "common:")))
