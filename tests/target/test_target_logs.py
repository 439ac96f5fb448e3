from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfgate.target.logs import last_lines, open_log, printable, quoted, trim
from perfgate.target.ports import free_port, parse_listeners


@given(st.text())
def test_no_control_character_survives(text):
    assert printable(f"\x1b[2J{text}\x1b]0;title\x07").isprintable()


def test_colours_titles_and_carriage_returns_are_gone(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"\x1b[1;31mred\x1b[0m\tx\r50%\r100%\n\x1b]0;evil\x07ok\n\n\xff\n")
    assert last_lines(log) == ("red    x", "50%", "100%", "ok", "\ufffd")


def test_long_lines_and_long_logs_are_cut(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"{number} {'x' * 5000}\n" for number in range(100)))
    lines = last_lines(log)
    assert lines[-1].startswith("99 x")
    assert max(map(len, lines)) == 300
    assert len(lines) <= 20


def test_an_empty_or_missing_log_says_so(tmp_path):
    assert quoted(tmp_path / "none").startswith("it printed nothing")


def test_where_the_log_is_is_said_where_it_stays(tmp_path, monkeypatch):
    log = tmp_path / "log"
    log.write_text("no database\n")
    monkeypatch.delenv("CI", raising=False)
    assert quoted(log) == f"its last lines ({log}):\n  | no database"
    monkeypatch.setenv("CI", "true")
    assert quoted(log) == "its last lines:\n  | no database"
    assert quoted(tmp_path / "none") == "it printed nothing"


def test_a_log_of_bounded_size_is_left_alone(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"x" * 1000)
    trim(log)
    assert log.stat().st_size == 1000


def test_a_writer_goes_on_after_a_cut(tmp_path):
    path = tmp_path / "log"
    with open_log(path) as log:
        log.write(b"x" * (17 * 2**20))
        trim(path)
        log.write(b"\nafter\n")
    assert path.stat().st_size < 100_000
    assert last_lines(path)[-1] == "after"


def test_a_new_log_does_not_follow_a_symlink(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "log").symlink_to(tmp_path / "precious")
    with open_log(tmp_path / "log") as log:
        log.write(b"output")
    assert (tmp_path / "precious").read_text() == "mine"


def test_ports_have_five_digits_and_are_not_given_twice():
    ports = {free_port() for _ in range(20)}
    assert all(10_000 <= port <= 32_767 for port in ports)
    assert free_port(avoid=ports) not in ports


def test_only_listening_sockets_are_listeners():
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 777 1 0 100\n"
        "   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 0 0 778 1 0 20\n"
        "   2: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A"
        " 00000000:00000000 00:00000000 00000000 0 0 779 1 0 100\n"
        "garbage\n"
    )
    assert parse_listeners(table) == [("777", 8080), ("779", 8081)]
