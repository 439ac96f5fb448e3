from pathlib import Path

import pytest

from perfgate.errors import UsageError
from perfgate.store.files import read_bounded


def test_a_file_of_exactly_the_bound_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (1 << 20))
    assert len(read_bounded(path, 1 << 20)) == 1 << 20
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(UsageError, match="file: larger than 1 MiB"):
        read_bounded(path, 1 << 20)


def test_devices_are_not_read() -> None:
    with pytest.raises(UsageError, match="not a regular file"):
        read_bounded(Path("/dev/zero"), 10)
