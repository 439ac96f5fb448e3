import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfgate.errors import MeasureError
from perfgate.store.atomic import require_writable, write_atomically

WRITE = """
import sys, resource
from pathlib import Path
from perfgate.errors import MeasureError
from perfgate.store.atomic import write_atomically
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_atomically(folder / "file.json", b"n" * 1_000_000, within=folder)
except MeasureError as error:
    print(error.message, "|", error.hint)
"""


def files_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.rglob("*"))


def test_writes_into_folders_that_did_not_exist(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "file", b"new", within=tmp_path)
    assert (tmp_path / "a" / "file").read_bytes() == b"new"
    assert files_in(tmp_path) == ["a", "file"]


def test_the_file_has_the_mode_any_new_file_would_have(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_bytes(b"")
    write_atomically(tmp_path / "file", b"", within=tmp_path)
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_file_size_limit_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_bytes(b"earlier")
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path), "4096"], capture_output=True, text=True, check=True
    )
    assert f"cannot write {tmp_path}/file.json: File too large | free some space" in done.stdout
    assert (tmp_path / "file.json").read_bytes() == b"earlier"
    assert files_in(tmp_path) == ["file.json"]


def can_mount() -> bool:
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(probe, check=False, capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not can_mount(), reason="no private mounts here: the file size limit stands in")
def test_full_disk_is_named_with_a_remedy_and_leaves_nothing(tmp_path: Path) -> None:
    # the mount is private to the shell and ends with it
    script = 'mount -t tmpfs -o size=64k none "$0" && "$1" -c "$2" "$0" 0 && ls -A "$0"'
    shell = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(
        [*shell, str(tmp_path), sys.executable, WRITE], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        f"cannot write {tmp_path}/file.json: No space left on device | "
        f"free some space for {tmp_path}, or raise its quota or file size limit\n"
    )


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"mine")
    with pytest.raises(MeasureError, match=r"cannot write .*/store/a/file: Not a directory") as caught:
        write_atomically(tmp_path / "store" / "a" / "file", b"x", within=tmp_path / "store")
    assert "a folder that perfgate may write to" in caught.value.hint
    assert (tmp_path / "store").read_bytes() == b"mine"


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(MeasureError, match=r"cannot write .*/file: "):
        write_atomically(tmp_path / "file", b"x", within=tmp_path)
    assert files_in(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(MeasureError, match="Permission denied"):
            write_atomically(tmp_path / "file", b"x", within=tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside, store = tmp_path / "outside", tmp_path / "store"
    outside.mkdir()
    store.mkdir()
    (store / "sha").symlink_to(outside)
    with pytest.raises(MeasureError, match="a symbolic link leads out of"):
        write_atomically(store / "sha" / "file", b"x", within=store)
    assert files_in(outside) == []


def test_a_link_in_the_files_place_is_replaced_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"keep")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "file").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "store" / "file", b"x", within=tmp_path / "store")
    assert (tmp_path / "precious").read_bytes() == b"keep"
    assert (tmp_path / "store" / "file").read_bytes() == b"x"


def test_interruption_between_write_and_rename_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "file").write_bytes(b"earlier")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"x", within=tmp_path)
    assert (tmp_path / "file").read_bytes() == b"earlier"
    assert files_in(tmp_path) == ["file"]


def test_asking_beforehand_whether_a_store_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    require_writable(tmp_path / "store")
    assert files_in(tmp_path) == ["store"]
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(MeasureError, match="cannot write"):
        require_writable(tmp_path / "file")
