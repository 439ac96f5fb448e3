from __future__ import annotations

import platform
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.target import cgroup
from perfgate.target.environment import describe, detect_environment, parse_cpu_model, short_kernel

FACTS = {
    "cpu_model": "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz",
    "cores": 4,
    "architecture": "x86_64",
    "kernel": "Linux 6.8",
    "cgroup_cpu": "none",
    "cgroup_memory": "16 GiB",
    "interpreter": "CPython 3.11",
}


def test_this_machine_has_a_class_that_stays():
    first, second = detect_environment(), detect_environment()
    assert first == second
    assert first.cores >= 1
    assert first.cpu_model
    assert first.interpreter == f"CPython {'.'.join(platform.python_version_tuple()[:2])}"
    assert re.fullmatch(r"[a-z0-9.-]+-\d+x-[a-z0-9.-]+-[0-9a-f]{8}", first.class_id)


def test_the_environment_names_no_path_and_no_exact_kernel():
    text = repr(detect_environment())
    assert "/" not in text
    assert platform.release() not in text


def test_the_name_of_the_host_changes_nothing(monkeypatch):
    before = detect_environment()
    monkeypatch.setattr(
        platform, "uname", lambda: platform.uname_result("Linux", "other-host", "1", "#1", "x")
    )
    monkeypatch.setattr(platform, "node", lambda: "other-host")
    assert "other-host" not in repr(detect_environment())
    assert detect_environment().cpu_model == before.cpu_model


def test_the_class_is_readable():
    assert describe(**FACTS).class_id.startswith("intel-xeon-platinum-8370c-4x-linux-6.8-")


@pytest.mark.parametrize("field", FACTS)
def test_every_field_is_part_of_the_class(field):
    other = FACTS | {field: 5 if field == "cores" else "another"}
    assert describe(**FACTS).class_id[-8:] != describe(**other).class_id[-8:]


@given(st.text(max_size=80))
def test_the_class_is_a_safe_file_name_whatever_the_cpu_is_called(name):
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", describe(**FACTS | {"cpu_model": name}).class_id)


@pytest.mark.parametrize(
    ("release", "expected"),
    [("6.18.44-fc-v669", "Linux 6.18"), ("5.15.0-1041-azure", "Linux 5.15"), ("strange", "Linux")],
)
def test_the_kernel_is_major_and_minor(release, expected):
    assert short_kernel("Linux", release) == expected


def test_processor_names():
    assert (
        parse_cpu_model("processor\t: 0\nmodel name\t: AMD  EPYC 7763\n\nmodel name\t: B\n")
        == "AMD EPYC 7763"
    )
    assert parse_cpu_model("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n") == "ARM 0x41 0xd0c"
    assert parse_cpu_model("") == ""


@pytest.fixture
def groups(tmp_path):
    def write(membership, **files):
        (tmp_path / "membership").write_text(membership)
        for name, text in files.items():
            path = tmp_path / "root" / name.replace("__", "/").replace("DOT", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return {"root": tmp_path / "root", "membership": tmp_path / "membership"}

    return write


def test_the_tightest_limit_on_the_way_up_holds(groups):
    where = groups(
        "0::/outer/inner\n",
        outer__inner__cpuDOTmax="400000 100000\n",
        outer__cpuDOTmax="150000 100000\n",
        outer__inner__memoryDOTmax="max\n",
        outer__memoryDOTmax=f"{2**31}\n",
    )
    assert cgroup.cpu_limit(**where) == "1.5 CPUs"
    assert cgroup.memory_limit(**where) == "2 GiB"


def test_version_1_and_paths_of_the_host_that_a_container_cannot_see(groups):
    where = groups(
        "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n",
        **{
            "cpu,cpuacct__cpuDOTcfs_quota_us": "50000\n",
            "cpu,cpuacct__cpuDOTcfs_period_us": "100000\n",
            "cpu,cpuacct__cpuDOTstat": "nr_periods 9\nthrottled_time 77\n",
            "memory__memoryDOTlimit_in_bytes": "9223372036854771712\n",
        },
    )
    assert cgroup.cpu_limit(**where) == "0.5 CPUs"
    assert cgroup.memory_limit(**where) == "none"
    assert cgroup.throttled_ns(**where) == 77


@pytest.mark.parametrize("membership", ["", "0::/\n", "0::/../../etc\n", "garbage", "1:cpu"])
def test_no_groups_is_no_limit(groups, membership):
    where = groups(membership)
    assert cgroup.cpu_limit(**where) == "none"
    assert cgroup.memory_limit(**where) == "none"
    assert cgroup.throttled_ns(**where) is None


def test_a_path_upwards_is_not_followed(groups, tmp_path):
    where = groups("0::/../outside\n")
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "cpu.max").write_text("1 100000")
    assert cgroup.cpu_limit(**where) == "none"
