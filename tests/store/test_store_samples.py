import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_strategies import a_round, some_samples

from perfgate.errors import UsageError
from perfgate.store.samples import COLUMNS, dump_samples, load_samples

CONTENT = dump_samples([(a_round(0), some_samples(3))])


def rewritten(**changes: np.ndarray) -> bytes:
    with np.load(io.BytesIO(CONTENT)) as stored:
        arrays = dict(stored) | changes
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


def test_rounds_come_back_in_one_table_with_their_numbers(tmp_path: Path) -> None:
    first = some_samples(4, errors=("", "timeout", "refused"))
    second = replace(some_samples(3, errors=("", "zoë\0", "timeout")), endpoints=("POST /items", "GET /new"))
    path = tmp_path / "a.npz"
    path.write_bytes(dump_samples([(a_round(3), first), (a_round(5), second)]))
    rounds, together = load_samples(path)
    assert rounds.tolist() == [3] * 4 + [5] * 3
    for number, part in ((3, first), (5, second)):
        mine = rounds == number
        for name in set(COLUMNS) - {"endpoint", "error"}:
            np.testing.assert_array_equal(getattr(together, name)[mine], getattr(part, name))
        assert [together.endpoints[i] for i in together.endpoint[mine]] == [
            part.endpoints[i] for i in part.endpoint
        ]
        assert [together.errors[i] for i in together.error[mine]] == [part.errors[i] for i in part.error]
    assert together.errors == ("", "timeout", "refused", "zoë\0")


@pytest.mark.parametrize("samples", [[], [(a_round(0), some_samples(0))]])
def test_no_requests_is_kept_too(tmp_path: Path, samples: list) -> None:
    (tmp_path / "a.npz").write_bytes(dump_samples(samples))
    rounds, together = load_samples(tmp_path / "a.npz")
    assert rounds.shape == together.due_ns.shape == (0,)
    assert together.errors[0] == ""


def test_missing_samples_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.npz: cannot be read: No such file"):
        load_samples(tmp_path / "a.json")


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(CONTENT) - 1), st.integers(0, 255), st.booleans())
def test_damage_is_refused_or_harmless(tmp_path: Path, position: int, value: int, cut: bool) -> None:
    damaged = bytearray(CONTENT[:position] if cut else CONTENT)
    if not cut:
        damaged[position] = value
    (tmp_path / "a.npz").write_bytes(damaged)
    try:
        rounds, together = load_samples(tmp_path / "a.npz")
    except UsageError as error:
        refusal = error.message
    else:
        assert rounds.shape == together.couple.shape
        return
    assert "a.npz: no perfgate samples: " in refusal
    assert refusal.isprintable()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (rewritten(status=np.zeros(2, np.int32)), "column status has another length"),
        (rewritten(status=np.zeros(3, np.int64)), "column status has another type"),
        (rewritten(status=np.zeros((3, 1), np.int32)), "column status has another length"),
        (
            rewritten(endpoint=np.array([0, 1, 2], np.int32)),
            "column endpoint names what its table does not have",
        ),
        (rewritten(error=np.array([0, -1, 0], np.int32)), "column error names what its table does not have"),
        (rewritten(errors=np.frombuffer(b'["timeout", "x"]', np.uint8)), "error class 0"),
        (rewritten(errors=np.frombuffer(b'{"": 1}', np.uint8)), "not a list of text"),
        (rewritten(extra=np.zeros(3)), "not the columns of perfgate"),
        (rewritten(status=np.array([print] * 3, dtype=object)), "Object arrays cannot be loaded"),
    ],
)
def test_foreign_archives_are_named(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UsageError, match=says):
        load_samples(tmp_path / "a.npz")


def test_an_archive_that_claims_to_be_enormous_is_not_expanded(tmp_path: Path) -> None:
    target = io.BytesIO(CONTENT)
    with zipfile.ZipFile(target, "a") as archive:
        archive.infolist()[0].file_size = 5 << 30
        archive.comment = b"so that the directory is written anew"
    (tmp_path / "a.npz").write_bytes(target.getvalue())
    with pytest.raises(UsageError, match="would expand to more than 4 GiB"):
        load_samples(tmp_path / "a.npz")
