import contextlib
import datetime
import itertools
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load_servers import LocalServer, hanging, reset
from tls_servers import (
    PATIENCE_NS,
    SECOND_NS,
    Certificates,
    echo,
    hang,
    plain_stream,
    receive_all,
    speaking_tls,
    tls_stream,
)

from perfgate.load import clock
from perfgate.load.address import Tls
from perfgate.load.stream import PlainStream
from perfgate.load.tls import TlsStream, handshake
from perfgate.load.tls_context import tls_context
from perfgate.load.tls_errors import TlsError, tls_error_class

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
HAS_KERNEL_CLOCK = clock.detect_clock_source() == clock.KERNEL_CLOCK


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def failure(server: LocalServer, tls: Tls, *, name: str = "localhost", within_ns: int = 5 * SECOND_NS) -> str:
    """How the handshake fails."""
    with pytest.raises(OSError) as caught, tls_stream(server, tls, name=name, within_ns=within_ns):
        pass
    return tls_error_class(caught.value) or type(caught.value).__name__


@pytest.mark.parametrize("version", [V12, V13])
def test_what_is_sent_and_answered_passes_unchanged(
    certificates: Certificates, version: ssl.TLSVersion
) -> None:
    behave = speaking_tls(certificates.server_context(version=version), echo)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        for text in (b"hello", b"again"):
            stream.send(text, PATIENCE_NS)
            assert receive_all(stream, len(text)) == text
        assert stream.is_quiet()


@pytest.mark.parametrize("version", [V12, V13])
def test_large_bodies_pass_both_ways(certificates: Certificates, version: ssl.TLSVersion) -> None:
    body = bytes(range(256)) * 8192

    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        data = b""
        while len(data) < len(body):
            data += secure.recv(65536)
        secure.sendall(data)
        secure.recv(1)

    behave = speaking_tls(certificates.server_context(version=version), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        first_ns, last_ns = stream.send(body, PATIENCE_NS)
        assert first_ns < last_ns <= time.time_ns()
        assert receive_all(stream, len(body)) == body


def test_sending_gives_up_on_a_peer_that_does_not_read(certificates: Certificates) -> None:
    behave = speaking_tls(certificates.server_context(), hang)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        stream.limit(SECOND_NS // 10)
        begun = time.monotonic()
        with pytest.raises((TimeoutError, BlockingIOError)):
            stream.send(b"x" * 64 * 1024 * 1024, SECOND_NS // 10)
        below = stream._plain._socket
        below.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                below.send(b"until there is no room for a goodbye")
        below.setblocking(True)
        stream.limit(5 * SECOND_NS)
        stream.close()
        assert time.monotonic() - begun < 1.5


@pytest.mark.skipif(not HAS_KERNEL_CLOCK, reason="no kernel stamps here")
def test_bytes_have_the_kernels_stamp_and_not_the_time_they_were_read(certificates: Certificates) -> None:
    behave = speaking_tls(certificates.server_context(), echo)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        for _ in range(20):
            sent_ns, _ = stream.send(b"hello", PATIENCE_NS)
            time.sleep(0.05)
            _, arrived_ns, stamped = stream.receive()
            now_ns = time.time_ns()
            assert sent_ns <= arrived_ns <= now_ns
            if stamped:
                break
        assert stamped
        assert now_ns - arrived_ns > 30_000_000


@pytest.mark.skipif(not HAS_KERNEL_CLOCK, reason="no kernel stamps here")
def test_the_stamp_is_that_of_the_piece_that_made_the_bytes_whole(certificates: Certificates) -> None:
    halves_ns: list[int] = []

    def behave(peer: socket.socket, server: LocalServer) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = certificates.server_context().wrap_bio(incoming, outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                peer.sendall(outgoing.read())
                incoming.write(peer.recv(65536))
        # What was asked may have come along with the end of the handshake.
        if not incoming.pending:
            peer.recv(65536)
        peer.sendall(outgoing.read())
        tls.write(b"hello")
        record = outgoing.read()
        for half in (record[:9], record[9:]):
            time.sleep(0.05)
            halves_ns.append(time.time_ns())
            peer.sendall(half)
        server.over.wait(5)

    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        sent_ns, _ = stream.send(b"?", PATIENCE_NS)
        data, arrived_ns, stamped = stream.receive()
        assert (data, stamped) == (b"hello", True)
        assert sent_ns < halves_ns[0] < halves_ns[1] <= arrived_ns <= time.time_ns()


def test_a_certificate_of_an_unknown_authority_is_refused(certificates: Certificates, tmp_path: Path) -> None:
    stranger = Certificates(tmp_path)
    with LocalServer(speaking_tls(stranger.server_context(), echo)) as server:
        assert failure(server, certificates.trusting) == "tls certificate unknown issuer"
        assert failure(server, Tls()) == "tls certificate unknown issuer", "system roots"


def test_a_certificate_for_another_name_is_refused(certificates: Certificates) -> None:
    with LocalServer(speaking_tls(certificates.server_context(), echo)) as server:
        assert failure(server, certificates.trusting, name="example.org") == "tls certificate wrong name"
        assert failure(server, certificates.trusting, name="127.0.0.2") == "tls certificate wrong name"


@pytest.mark.parametrize(
    ("first_day", "last_day", "error"),
    [(-20, -10, "tls certificate expired"), (10, 20, "tls certificate not yet valid")],
)
def test_a_certificate_of_another_time_is_refused(
    certificates: Certificates, first_day: int, last_day: int, error: str
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    issued = certificates.ca.issue_cert(
        "localhost",
        not_before=now + datetime.timedelta(days=first_day),
        not_after=now + datetime.timedelta(days=last_day),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    with LocalServer(speaking_tls(context, echo)) as server:
        assert failure(server, certificates.trusting) == error


def test_any_certificate_will_do_if_the_user_says_so(certificates: Certificates, tmp_path: Path) -> None:
    stranger = Certificates(tmp_path)
    behave = speaking_tls(stranger.server_context(), echo)
    tls = Tls(certificates.ca_file, insecure=True)
    with LocalServer(behave) as server, tls_stream(server, tls, name="example.org") as stream:
        stream.send(b"hello", PATIENCE_NS)
        assert receive_all(stream, 5) == b"hello"


def test_the_authority_that_issued_the_servers_certificate_is_enough(
    certificates: Certificates, tmp_path: Path
) -> None:
    intermediate = certificates.ca.create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    intermediate.issue_cert("localhost").configure_cert(context)
    ca_file = tmp_path / "intermediate.pem"
    intermediate.cert_pem.write_to_path(str(ca_file))
    with (
        LocalServer(speaking_tls(context, echo)) as server,
        tls_stream(server, Tls(str(ca_file))) as stream,
    ):
        stream.send(b"hello", PATIENCE_NS)
        assert receive_all(stream, 5) == b"hello"


@pytest.mark.parametrize(
    ("host", "seen"),
    [
        ("localhost", "localhost"),
        ("localhost.", "localhost"),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("::1%lo", None),
    ],
)
def test_the_server_is_told_the_name_of_the_host_but_no_address(
    certificates: Certificates, host: str, seen: str | None
) -> None:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.ca.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)

    def note(_socket: object, name: str | None, _context: object) -> None:
        names.append(name)

    context.sni_callback = note
    with (
        LocalServer(speaking_tls(context, echo)) as server,
        tls_stream(server, certificates.trusting, name=host) as stream,
    ):
        stream.send(b"hello", PATIENCE_NS)
        assert receive_all(stream, 5) == b"hello"
    assert names == [seen]


@pytest.mark.parametrize("host", ["", ".example.org", "x" * 64 + ".org", "a..b"])
def test_a_host_that_no_certificate_can_name_is_an_error_of_its_own(
    certificates: Certificates, host: str
) -> None:
    with LocalServer(speaking_tls(certificates.server_context(), echo)) as server:
        assert failure(server, certificates.trusting, name=host) == "tls unusable name"


@pytest.mark.parametrize("version", [V12, V13])
def test_a_client_certificate_is_shown_to_who_asks(
    certificates: Certificates, version: ssl.TLSVersion
) -> None:
    shown: list[object] = []

    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        shown.append(secure.getpeercert())
        echo(secure, server)

    behave = speaking_tls(certificates.server_context(version=version, ask_client=True), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.identified) as stream:
        stream.send(b"hello", PATIENCE_NS)
        assert receive_all(stream, 5) == b"hello"
    assert "somebody@example.org" in str(shown)


@pytest.mark.parametrize("pause_s", [0, 0.05])
@pytest.mark.parametrize(
    ("version", "error"),
    [(V12, "tls alert handshake failure"), (V13, "tls alert certificate required")],
)
def test_a_server_that_misses_a_client_certificate_says_so(
    certificates: Certificates, version: ssl.TLSVersion, error: str, pause_s: float
) -> None:
    """In TLS 1.3 only when the handshake is done for us; and perhaps it has closed when we send."""
    behave = speaking_tls(certificates.server_context(version=version, ask_client=True), echo)
    with LocalServer(behave) as server:
        with pytest.raises(OSError) as caught, tls_stream(server, certificates.trusting) as stream:  # noqa: PT012
            time.sleep(pause_s)
            stream.send(b"hello", PATIENCE_NS)
            time.sleep(pause_s)
            stream.send(b"hello", PATIENCE_NS)
            stream.receive()
        assert tls_error_class(caught.value) == error


def test_a_client_certificate_can_be_asked_for_after_the_handshake(certificates: Certificates) -> None:
    shown: list[object] = []
    context = certificates.server_context(version=V13, ask_client=True)
    context.post_handshake_auth = True

    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        secure.recv(100)
        shown.append(secure.getpeercert())
        secure.verify_client_post_handshake()
        secure.sendall(b"wait")
        secure.settimeout(0.02)
        while not secure.getpeercert() and not server.over.is_set():
            with contextlib.suppress(TimeoutError):
                secure.recv(100)
        shown.append(secure.getpeercert())
        secure.settimeout(5)
        secure.sendall(b"done")
        secure.recv(1)

    behave = speaking_tls(context, talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.identified) as stream:
        stream.send(b"hello", PATIENCE_NS)
        assert receive_all(stream, 4) == b"wait"
        assert receive_all(stream, 4) == b"done"
    assert shown[0] is None
    assert "somebody@example.org" in str(shown[1])


@pytest.mark.parametrize(
    ("ours", "theirs", "http2"),
    [
        (True, ("h2", "http/1.1"), True),
        (True, ("http/1.1",), False),
        (True, (), False),
        (False, ("h2", "http/1.1"), False),
    ],
)
def test_http2_is_spoken_where_both_want_it(
    certificates: Certificates, ours: bool, theirs: tuple[str, ...], http2: bool
) -> None:
    behave = speaking_tls(certificates.server_context(alpn=theirs), echo)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting, http2=ours) as stream:
        assert stream.http2 is http2


def test_a_server_without_tls_is_called_garbage(certificates: Certificates) -> None:
    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with LocalServer(behave) as server:
        assert failure(server, certificates.trusting) == "tls garbage"


def alert(code: int) -> bytes:
    level = 1 if code == 0 else 2  # closing is no failure
    return bytes([21, 3, 3, 0, 2, level, code])


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40, "tls alert handshake failure"),
        (48, "tls alert unknown ca"),
        (70, "tls alert protocol version"),
        (80, "tls alert internal error"),
        (112, "tls alert unrecognized name"),
        (120, "tls alert no application protocol"),
        (109, "tls alert"),
        (0, "tls closed"),
    ],
)
def test_an_alert_is_called_by_its_name(certificates: Certificates, code: int, error: str) -> None:
    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.recv(65536)
        peer.sendall(alert(code))
        server.over.wait(5)

    with LocalServer(behave) as server:
        assert failure(server, certificates.trusting) == error


def test_whatever_alert_comes_its_name_is_short_and_one_of_few(certificates: Certificates) -> None:
    names = {class_of_answer(certificates, alert(code)) for code in range(256)}
    assert all(name.startswith("tls ") and len(name) <= 40 for name in names)
    assert len(names) <= 30


def class_of_answer(certificates: Certificates, answer: bytes) -> str:
    """How the handshake fails with a server that sends just this."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        stream = PlainStream(ours)
        try:
            with pytest.raises(OSError) as caught:
                handshake(
                    stream,
                    tls_context(certificates.trusting, http2=False),
                    "localhost",
                    time.monotonic_ns() + PATIENCE_NS,
                )
        finally:
            stream.close()
    return tls_error_class(caught.value)


@settings(max_examples=200, deadline=None)
@given(
    answer=st.binary(max_size=100)
    | st.builds(
        lambda kind, length, rest: bytes([kind, 3, 3, *length.to_bytes(2, "big")]) + rest,
        st.integers(20, 24),
        st.integers(0, 200),
        st.binary(max_size=200),
    )
)
def test_whatever_a_server_answers_to_the_handshake_is_an_error_with_a_name(
    certificates: Certificates, answer: bytes
) -> None:
    assert class_of_answer(certificates, answer).startswith("tls ")


def test_closing_within_the_handshake(certificates: Certificates) -> None:
    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.recv(65536)

    with LocalServer(behave) as server:
        assert failure(server, certificates.trusting) == "tls closed"
    with LocalServer(lambda peer, server: (peer.recv(1), reset(peer))[1]) as server:
        assert failure(server, certificates.trusting) == "ConnectionResetError"


def test_a_handshake_nobody_answers_is_given_up_in_time(certificates: Certificates) -> None:
    with LocalServer(lambda peer, server: server.over.wait(5) and None) as server:
        begun = time.monotonic()
        error = failure(server, certificates.trusting, within_ns=SECOND_NS // 5)
        assert error in ("TimeoutError", "BlockingIOError")
        assert 0.15 < time.monotonic() - begun < 1


def test_a_handshake_whose_time_is_over_is_not_begun(certificates: Certificates) -> None:
    with LocalServer(speaking_tls(certificates.server_context(), echo)) as server:
        assert failure(server, certificates.trusting, within_ns=-1) == "TimeoutError"


def test_a_server_learns_why_it_was_refused(certificates: Certificates, tmp_path: Path) -> None:
    reasons: list[str | None] = []
    context = Certificates(tmp_path).server_context()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.settimeout(5)
        try:
            context.wrap_socket(peer, server_side=True)
        except ssl.SSLError as error:
            reasons.append(error.reason)

    with LocalServer(behave) as server:
        failure(server, certificates.trusting)
    assert reasons == ["TLSV1_ALERT_UNKNOWN_CA"]


@contextlib.contextmanager
def openssl_server(certificates: Certificates) -> Iterator[tuple[IO[bytes], PlainStream]]:
    """What to type at the `openssl` command, where R renews the keys, and a connection to it."""
    file = certificates.ca_file + ".server"
    certificates.server.private_key_and_cert_chain_pem.write_to_path(file)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-tls1_2", "-cert", file, "-key", file, "-accept", f"127.0.0.1:{port}"]
    connected: list[socket.socket] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as openssl:
        try:
            until(lambda: connected.extend(reached(port)) or connected)
            assert openssl.stdin
            yield openssl.stdin, PlainStream(connected[0])
        finally:
            openssl.kill()
            for one in connected:
                one.close()


def reached(port: int) -> list[socket.socket]:
    with contextlib.suppress(ConnectionRefusedError):
        return [socket.create_connection(("127.0.0.1", port))]
    return []


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl command")
@pytest.mark.parametrize("sends", [False, True])
def test_new_keys_may_be_agreed_on_at_any_time(certificates: Certificates, sends: bool) -> None:
    """Python's servers cannot ask for it; those that want a certificate for some paths only do."""
    with openssl_server(certificates) as (keyboard, plain):
        stream = handshake(
            plain,
            tls_context(certificates.trusting, http2=False),
            "localhost",
            time.monotonic_ns() + PATIENCE_NS,
        )
        stream.limit(5 * SECOND_NS)
        keyboard.write(b"before\n")
        keyboard.flush()
        assert receive_all(stream, 7) == b"before\n"
        keyboard.write(b"R\n")
        keyboard.flush()
        until(lambda: not plain.is_quiet())
        assert stream.is_quiet()
        if sends:
            stream.send(b"hello\n", PATIENCE_NS)
        keyboard.write(b"after\n")
        keyboard.flush()
        assert receive_all(stream, 6) == b"after\n"


def test_a_handshake_that_drips_is_given_up_in_time(certificates: Certificates) -> None:
    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.recv(65536)
        peer.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\x00")
        while not server.over.wait(0.02):
            peer.sendall(b"x")

    with LocalServer(behave) as server:
        begun = time.monotonic()
        error = failure(server, certificates.trusting, within_ns=SECOND_NS // 5)
        assert error in ("TimeoutError", "BlockingIOError")
        assert 0.15 < time.monotonic() - begun < 1


def test_an_answer_that_drips_within_one_record_is_given_up_in_time(certificates: Certificates) -> None:
    """Each single byte arrives in time; nothing is whole, so only the stream itself can give up."""

    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        raw = socket.socket(fileno=socket.dup(secure.fileno()))
        with raw:
            raw.sendall(b"\x17\x03\x03\x40\x00")
            while not server.over.wait(0.02):
                raw.sendall(b"x")

    behave = speaking_tls(certificates.server_context(), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        stream.limit(SECOND_NS // 5)
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            stream.receive()
        assert 0.15 < time.monotonic() - begun < 1


def test_silence_ends_with_the_limit(certificates: Certificates) -> None:
    behave = speaking_tls(certificates.server_context(), hang)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        stream.limit(SECOND_NS // 10)
        begun = time.monotonic()
        with pytest.raises((TimeoutError, BlockingIOError)):
            stream.receive()
        assert 0.05 < time.monotonic() - begun < 1


def test_plain_text_amid_the_encrypted_is_garbage(certificates: Certificates) -> None:
    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        raw = socket.socket(fileno=socket.dup(secure.fileno()))
        with raw:
            raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server.over.wait(5)

    behave = speaking_tls(certificates.server_context(), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        with pytest.raises(OSError) as caught:
            stream.receive()
        assert tls_error_class(caught.value) == "tls garbage"


@pytest.mark.parametrize("version", [V12, V13])
def test_closing_in_order_ends_the_bytes(certificates: Certificates, version: ssl.TLSVersion) -> None:
    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        secure.sendall(b"all there is")
        secure.unwrap()

    behave = speaking_tls(certificates.server_context(version=version), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        assert receive_all(stream, 12) == b"all there is"
        assert stream.receive()[0] == b""
        assert stream.receive()[0] == b"", "and stays so"
        assert not stream.is_quiet()


@pytest.mark.parametrize("version", [V12, V13])
def test_closing_without_a_word_is_an_error(certificates: Certificates, version: ssl.TLSVersion) -> None:
    """Anybody on the way can close a connection: an answer that ends with it may have been cut."""

    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        secure.sendall(b"all there")

    behave = speaking_tls(certificates.server_context(version=version), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        assert receive_all(stream, 9) == b"all there"
        for _ in range(2):
            with pytest.raises(TlsError) as caught:
                stream.receive()
            assert tls_error_class(caught.value) == "tls truncated"


def until(true: object) -> None:
    assert callable(true)
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("did not come true")


def test_session_tickets_are_no_unasked_for_bytes(certificates: Certificates) -> None:
    behave = speaking_tls(certificates.server_context(version=V13), echo)
    with LocalServer(behave) as server, plain_stream(server) as plain:
        context = tls_context(certificates.trusting, http2=False)
        stream = handshake(plain, context, "localhost", time.monotonic_ns() + PATIENCE_NS)
        stream.limit(5 * SECOND_NS)
        until(lambda: not plain.is_quiet())  # the tickets have come
        assert stream.is_quiet()
        stream.send(b"hello", PATIENCE_NS)
        assert receive_all(stream, 5) == b"hello"
        stream.close()


def test_unasked_for_bytes_are_noticed_and_kept(certificates: Certificates) -> None:
    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        secure.sendall(b"psst")
        server.over.wait(5)

    behave = speaking_tls(certificates.server_context(), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        until(lambda: not stream.is_quiet())
        assert not stream.is_quiet()
        data, when_ns, _ = stream.receive()
        assert data == b"psst"
        assert when_ns > 0
        assert stream.is_quiet()


@pytest.mark.parametrize("in_order", [True, False])
def test_a_closed_stream_is_not_quiet(certificates: Certificates, in_order: bool) -> None:
    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        if in_order:
            secure.sendall(b"bye")
            secure.unwrap()

    behave = speaking_tls(certificates.server_context(), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        if in_order:
            assert receive_all(stream, 3) == b"bye"
        until(lambda: not stream.is_quiet())


def test_closing_says_goodbye(certificates: Certificates) -> None:
    ends: list[bytes] = []

    def talk(secure: ssl.SSLSocket, server: LocalServer) -> None:
        ends.append(secure.recv(100))
        ends.append(secure.recv(100))

    behave = speaking_tls(certificates.server_context(), talk)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        stream.send(b"hello", PATIENCE_NS)
        stream.close()
        stream.close()
    assert ends == [b"hello", b""]


def test_another_thread_can_end_the_wait(certificates: Certificates) -> None:
    behave = speaking_tls(certificates.server_context(), hang)
    with LocalServer(behave) as server, tls_stream(server, certificates.trusting) as stream:
        timer = threading.Timer(0.1, stream.shut)
        timer.start()
        begun = time.monotonic()
        with pytest.raises(ConnectionAbortedError):
            stream.receive()
        timer.join()
        assert time.monotonic() - begun < 2
        with pytest.raises(OSError):
            stream.receive()


def test_another_thread_can_end_the_handshake(certificates: Certificates) -> None:
    with LocalServer(hanging) as server, plain_stream(server) as plain:
        timer = threading.Timer(0.1, plain.shut)
        timer.start()
        with pytest.raises(TlsError):
            handshake(
                plain,
                tls_context(certificates.trusting, http2=False),
                "localhost",
                time.monotonic_ns() + PATIENCE_NS,
            )
        timer.join()


def test_many_threads_share_a_context(certificates: Certificates) -> None:
    context = tls_context(certificates.trusting, http2=False)
    answers: list[bytes] = []

    def work(server: LocalServer, text: bytes) -> None:
        with plain_stream(server) as plain:
            stream: TlsStream = handshake(plain, context, "localhost", time.monotonic_ns() + PATIENCE_NS)
            stream.limit(5 * SECOND_NS)
            for _ in range(20):
                stream.send(text, PATIENCE_NS)
                answers.append(receive_all(stream, len(text)))
            stream.close()

    with LocalServer(speaking_tls(certificates.server_context(), echo)) as server:
        threads = [threading.Thread(target=work, args=(server, b"%d" % (i % 10) * 50)) for i in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(set(answers)) == [b"%d" % i * 50 for i in range(10)]
    assert len(list(itertools.chain(answers))) == 200
