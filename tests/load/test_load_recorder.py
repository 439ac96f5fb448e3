import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfgate.load.names import Names, error_classes
from perfgate.load.recorder import Recorder
from perfgate.load.samples import by_side, joined
from perfgate.model import Exchange, Samples

INT64 = st.integers(0, 2**62)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "thread": st.integers(0, 2),
            "side": st.integers(0, 1),
            "endpoint": st.integers(0, 2**15 - 1),
            "couple": st.integers(-1, 2**31 - 1),
            "due_ns": st.integers(1, 2**62),
            "sent_ns": INT64,
            "first_ns": INT64,
            "last_ns": INT64,
            "status": st.integers(0, 999),
            "bytes": st.integers(0, 2**32 - 1),
            "error": st.sampled_from(("", "reset", "status 500", "other", "grün")),
        }
    ),
    max_size=20,
)


def merge(recorders, *, errors: Names, endpoints, sides: int, since_ns: int) -> tuple[Samples, ...]:
    rows = joined([recorder.rows for recorder in recorders], since_ns=since_ns)
    return by_side(rows, errors=errors.names(), endpoints=endpoints, sides=sides)


def exchange(sent_ns: int, *, error: str = "", status: int = 200, stamped: bool = False) -> Exchange:
    return Exchange(sent_ns, sent_ns + 1, sent_ns + 2, status, 10, error, stamped=stamped, response=None)


def rows_of(samples: Samples) -> list[tuple[object, ...]]:
    columns = (
        samples.endpoint,
        samples.due_ns,
        samples.sent_ns,
        samples.first_ns,
        samples.last_ns,
        samples.status,
        samples.bytes_received,
        samples.couple,
    )
    errors = [samples.errors[number] for number in samples.error.tolist()]
    return list(zip(*(column.tolist() for column in columns), errors, strict=True))


@given(ROWS, INT64)
def test_every_request_is_found_again_on_its_side_in_order_of_sending(rows, since_ns):
    errors = error_classes()
    recorders = [Recorder(errors) for _ in range(3)]
    for row in rows:
        came = Exchange(
            row["sent_ns"],
            row["first_ns"],
            row["last_ns"],
            row["status"],
            row["bytes"],
            row["error"],
            stamped=True,
            response=None,
        )
        recorders[row["thread"]].record(
            came, row["endpoint"], row["error"], row["side"], row["couple"], row["due_ns"]
        )
    sides = merge(recorders, errors=errors, endpoints=("a",), sides=2, since_ns=since_ns)
    assert len(sides) == 2
    names = ("endpoint", "due_ns", "sent_ns", "first_ns", "last_ns", "status", "bytes", "couple", "error")
    for side, samples in enumerate(sides):
        kept = [r for r in rows if r["side"] == side and r["sent_ns"] >= since_ns]
        assert sorted(rows_of(samples)) == sorted(tuple(r[name] for name in names) for r in kept)
        assert samples.sent_ns.tolist() == sorted(samples.sent_ns.tolist())
        assert (samples.errors[0], samples.endpoints) == ("", ("a",))
    assert sum(recorder.stamped for recorder in recorders) == len(rows)


def test_nothing_recorded_gives_empty_columns_of_the_right_kind():
    errors = error_classes()
    (samples,) = merge([Recorder(errors)], errors=errors, endpoints=("a",), sides=1, since_ns=0)
    assert samples.sent_ns.dtype == np.int64
    assert samples.error.dtype == np.int32
    assert len(samples.due_ns) == len(samples.couple) == 0


def test_the_columns_own_their_memory_so_that_recording_may_go_on():
    errors = error_classes()
    recorder = Recorder(errors)
    recorder.record(exchange(1), 0, "")
    (samples,) = merge([recorder], errors=errors, endpoints=("a",), sides=1, since_ns=0)
    for _ in range(1000):
        recorder.record(exchange(9), 0, "")
    assert samples.sent_ns.tolist() == [1]


def test_error_classes_without_end_are_counted_as_other():
    errors = error_classes()
    recorder = Recorder(errors)
    for number in range(5000):
        recorder.record(exchange(1), 0, f"id {number} is unknown")
    (samples,) = merge([recorder], errors=errors, endpoints=("a",), sides=1, since_ns=0)
    counted = [samples.errors[number] for number in samples.error.tolist()]
    assert len(samples.errors) == 200
    assert len(counted) == 5000
    assert "" not in counted
    assert counted[0] == "id 0 is unknown"
    assert counted.count("other") == 5000 - 198


def test_threads_that_meet_an_error_class_at_once_agree_on_its_number():
    errors = error_classes()
    numbers: list[list[int]] = []
    ready = threading.Barrier(8)

    def meet() -> None:
        ready.wait()
        numbers.append([errors.number(f"error {i}") for i in range(300)])

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == numbers[0] for each in numbers)
    assert [errors.names()[n] for n in numbers[0][:198]] == [f"error {i}" for i in range(198)]
    assert errors.number("") == 0
