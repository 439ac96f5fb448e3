"""What a pull request shows where there is no verdict: readable, and inert."""

from report_gfm import render_gfm

from perfgate.report.comment import CommentContext
from perfgate.report.failure import render_failure

CONTEXT = CommentContext(key="perfgate.yml", head_sha="a" * 40)


def test_the_lines_of_a_log_keep_their_lines_and_what_belongs_to_what() -> None:
    hint = 'see why; its last lines (x.log):\n  | Traceback:\n  |   File "app.py"\n  | no module ```x```'
    page = render_gfm(render_failure("head's service died", hint, CONTEXT))
    assert page.blocks == ['Traceback:\n  File "app.py"\nno module ```x```\n']
    assert "What to do: see why; its last lines (x.log):" in "".join(page.prose)


def test_a_hint_of_many_lines_without_a_log_stays_one_paragraph() -> None:
    page = render_gfm(render_failure("m", "do this\nthen that", CONTEXT))
    assert "What to do: do this then that" in "".join(page.prose)
    assert page.blocks == []


def test_a_log_cannot_grow_the_comment_or_end_its_block() -> None:
    hint = "\n".join(["see"] + ["  | ```` </details><script> @all " + "x" * 5000] * 900)
    text = render_failure("m", hint, CONTEXT)
    assert len(text) < 20_000
    page = render_gfm(text)
    assert len(page.blocks) == 1
    assert "script" not in page.tags
    assert "@all" not in "".join(page.prose)
