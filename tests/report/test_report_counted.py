"""The progress of many runs: which one is on, and how long the rest takes."""

from perfgate.report.counted import Counted


class Told:
    def __init__(self):
        self.lines = []

    def phase(self, text):
        self.lines.append(text)

    def update(self, done, total, text, *, left_s=None):
        self.lines.append((done, total, text))

    def note(self, text):
        self.lines.append(text)

    def close(self):
        self.lines.append("closed")


def test_phases_say_which_run_it_is_and_how_long_the_rest_takes():
    told, now = Told(), [0.0]
    counted = Counted(told, 3, clock=lambda: now[0])
    counted.phase("screening")
    counted.update(1, 8, "round 1")
    now[0] = 30.0
    counted.finish_run("PASS in 30 s")
    counted.phase("screening")
    counted.note("from the cache")
    counted.note("from the cache")
    counted.close()
    assert told.lines == [
        "run 1 of 3: screening",
        (1, 8, "round 1"),
        "run 1 of 3: PASS in 30 s",
        "run 2 of 3, about 1 min 0 s left: screening",
        "from the cache",
        "closed",
    ]
