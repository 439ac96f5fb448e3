import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_strategies import SHA, a_result, a_round, some_samples

from perfgate.errors import MeasureError, UsageError
from perfgate.model import ServiceSeries
from perfgate.store import results
from perfgate.store.observed import load_observed, observed_path, save_observed

COLUMNS = ("at_ns", "cpu_ns", "rss_bytes", "threads", "connections")
quiet = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def a_series(round_index: int = 0, length: int = 3) -> ServiceSeries:
    numbers = np.arange(length, dtype=np.int64)
    columns = {name: numbers * 10**place - (place > 1) for place, name in enumerate(COLUMNS, start=1)}
    return ServiceSeries(round_index=round_index, **columns)


def stored(folder: Path, *series: ServiceSeries) -> Path:
    path = folder / "a.json"
    save_observed(path, series, within=folder)
    return path


def assert_same(found: ServiceSeries, expected: ServiceSeries) -> None:
    assert found.round_index == expected.round_index
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), strict=True)


def content(folder: Path) -> bytes:
    return observed_path(stored(folder, a_series(0), a_series(2))).read_bytes()


def rewritten(original: bytes, **changes: np.ndarray) -> bytes:
    with np.load(io.BytesIO(original)) as kept:
        arrays = dict(kept) | changes
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


readings = st.lists(st.tuples(st.integers(0, 2**63 - 1), *[st.integers(-1, 2**63 - 1)] * 4), max_size=5)


@quiet
@settings(max_examples=60)
@given(st.dictionaries(st.integers(0, 2**31 - 1), readings, max_size=5))
def test_what_is_saved_comes_back(tmp_path: Path, rounds: dict[int, list[tuple[int, ...]]]) -> None:
    series = []
    for number, rows in rounds.items():
        columns = np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS)).T
        series.append(ServiceSeries(round_index=number, **dict(zip(COLUMNS, columns, strict=True))))
    observed_path(tmp_path / "a.json").unlink(missing_ok=True)
    found = load_observed(stored(tmp_path, *series))
    expected = sorted((s for s in series if len(s.at_ns)), key=lambda s: s.round_index)
    assert len(found) == len(expected)
    for pair in zip(found, expected, strict=True):
        assert_same(*pair)


def test_nothing_read_leaves_no_file(tmp_path: Path) -> None:
    path = stored(tmp_path, a_series(0, length=0))
    assert list(tmp_path.iterdir()) == []
    assert load_observed(path) == ()


@quiet
@settings(max_examples=150)
@given(st.data())
def test_damage_is_refused_or_harmless(tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(content(tmp_path))
    position = data.draw(st.integers(0, len(damaged) - 1))
    if data.draw(st.booleans()):
        damaged = damaged[:position]
    else:
        damaged[position] = data.draw(st.integers(0, 255))
    observed_path(tmp_path / "a.json").write_bytes(damaged)
    try:
        found = load_observed(tmp_path / "a.json")
    except UsageError as error:
        assert "a.observed.npz: no series of perfgate: " in error.message
        assert error.message.isprintable()
        assert error.hint
    else:
        assert all(len(getattr(each, name)) == len(each.at_ns) for each in found for name in COLUMNS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"threads": np.zeros(2, np.int64)}, "column threads has another length"),
        ({"threads": np.zeros((6, 1), np.int64)}, "column threads has another length"),
        ({"threads": np.zeros(6, np.int32)}, "column threads has another type"),
        ({"round": np.zeros(6, np.int64)}, "column round has another type"),
        ({"round": np.array([0, 1, 0, 1, 0, 1], np.int32)}, "rounds are not in order"),
        ({"round": np.full(6, -1, np.int32)}, "column round is negative"),
        ({"at_ns": np.full(6, -1, np.int64)}, "column at_ns is negative"),
        ({"cpu_ns": np.full(6, -2, np.int64)}, "column cpu_ns is negative"),
        ({"descriptors": np.zeros(6, np.int64)}, "not the columns of perfgate"),
        ({"cpu_ns": np.array([print] * 6, dtype=object)}, "Object arrays cannot be loaded"),
    ],
)
def test_foreign_archives_are_named(tmp_path: Path, changes: dict[str, np.ndarray], says: str) -> None:
    observed_path(tmp_path / "a.json").write_bytes(rewritten(content(tmp_path), **changes))
    with pytest.raises(UsageError, match=says):
        load_observed(tmp_path / "a.json")


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    with np.load(io.BytesIO(content(tmp_path))) as kept:
        arrays = {name: kept[name] for name in kept if name != "threads"}
    np.savez(observed_path(tmp_path / "a.json"), **arrays)
    with pytest.raises(UsageError, match="not the columns of perfgate"):
        load_observed(tmp_path / "a.json")


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    target = io.BytesIO(content(tmp_path))
    with zipfile.ZipFile(target, "a") as archive:
        archive.infolist()[0].file_size = 1 << 29
        archive.comment = b"so that the directory is written anew"
    path = observed_path(tmp_path / "a.json")
    path.write_bytes(target.getvalue())
    with pytest.raises(UsageError, match="would expand to more than 256 MiB"):
        load_observed(tmp_path / "a.json")
    with path.open("wb") as huge:
        huge.truncate((32 << 20) + 1)
    with pytest.raises(UsageError, match="larger than 32 MiB"):
        load_observed(tmp_path / "a.json")


def test_a_link_is_not_followed_in_either_direction(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / SHA).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MeasureError, match="symbolic link"):
        save_observed(tmp_path / "store" / SHA / "a.json", [a_series()], within=tmp_path / "store")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    (tmp_path / "secret").write_bytes(content(tmp_path))
    observed_path(tmp_path / "b.json").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="symbolic link"):
        load_observed(tmp_path / "b.json")
    observed_path(tmp_path / "c.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="symbolic link"):
        load_observed(tmp_path / "c.json")


def test_it_lies_beside_the_result_and_its_samples_and_disturbs_neither(tmp_path: Path) -> None:
    path = results.path_of(tmp_path, a_result())
    save_observed(path, [a_series(4)], within=tmp_path)
    assert results.save(tmp_path, a_result(), ((a_round(4), some_samples(3)),)) == path
    assert sorted(entry.name for entry in path.parent.iterdir()) == [
        path.name,
        f"{path.stem}.npz",
        f"{path.stem}.observed.npz",
    ]
    assert results.find(tmp_path, SHA) == ([a_result()], [])
    assert_same(load_observed(path)[0], a_series(4))
