"""Every file of the corpus, read in one piece, byte by byte or cut anywhere, comes to what its table says."""

import random

import pytest
from answers import CORPUS, Case, Speaking, bytewise, corpus, cut, heard, in_words, nothing_known

from perfgate.load.http1 import AnswerReader
from perfgate.load.speaker import Http1Speaker

CASES = {case.name: case for case in corpus()}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def some_cuts(case: Case) -> list[list[bytes]]:
    data, rng = case.data, random.Random(case.name)
    return [cut(data, [rng.randrange(len(data) + 1) for _ in range(rng.randint(1, 6))]) for _ in range(20)]


def test_the_table_names_every_file_and_no_other():
    assert CASES.keys() == {path.name for path in CORPUS.glob("*.http")}


def test_an_answer_in_one_piece_comes_to_what_the_table_says(case):
    with nothing_known():
        assert in_words(heard(AnswerReader(case.method), [case.data])) == case.outcome


def test_the_pieces_of_an_answer_change_nothing(case):
    for pieces in [bytewise(case.data), *some_cuts(case)]:
        with nothing_known():
            assert in_words(heard(AnswerReader(case.method), pieces)) == case.outcome


def test_a_head_that_was_seen_before_changes_nothing(case):
    speaker = Http1Speaker("h")
    for pieces in ([case.data], [case.data], *some_cuts(case), [case.data]):
        assert in_words(heard(Speaking(speaker, case.method), pieces)) == case.outcome


def test_no_answer_leaves_anything_behind_for_the_next():
    speaker, rng = Http1Speaker("h"), random.Random(1)
    for _ in range(5):
        for case in rng.sample(list(CASES.values()), len(CASES)):
            pieces = cut(case.data, [rng.randrange(len(case.data) + 1)])
            assert in_words(heard(Speaking(speaker, case.method), pieces)) == case.outcome, case.name
