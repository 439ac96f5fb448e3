import os
import threading
from pathlib import Path

import pytest

from perfgate.report.wholefile import write_whole


def test_file_is_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_what_it_led_to_untouched(tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    link = tmp_path / "out.json"
    link.symlink_to(treasure)
    write_whole(link, b"report")
    assert treasure.read_text() == "gold"
    assert not link.is_symlink()
    assert link.read_bytes() == b"report"


def test_a_pipe_and_a_descriptor_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"report")
    reader.join(10)
    assert read == [b"report"]
    with (tmp_path / "file").open("wb") as file:
        write_whole(Path(f"/proc/self/fd/{file.fileno()}"), b"report")
    assert (tmp_path / "file").read_bytes() == b"report"
    write_whole(Path("/dev/null"), b"report")
    assert Path("/dev/null").is_char_device()


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "missing" / "out.json", b"")
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"")
    assert list(tmp_path.iterdir()) == []
