from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.store.names import shown, slug


def test_a_plain_name_is_kept() -> None:
    assert slug("checkout-flow_2.v1") == "checkout-flow_2.v1"


@settings(deadline=None)
@given(st.text())
def test_any_name_becomes_one_short_component_that_is_not_hidden(name: str) -> None:
    made = slug(name)
    assert 0 < len(made) <= 60
    assert made.isascii()
    assert not {"/", "\\", "\0", " ", "\n"} & set(made)
    assert made[0].isalnum()


def test_names_that_clean_to_the_same_text_keep_apart() -> None:
    names = ["a/b", "a b", "a-b", "../a-b", "a" * 100, "a" * 101, "..", ".", "", "\udc80"]
    assert len({slug(name) for name in names}) == len(names)


@settings(deadline=None)
@given(st.text())
def test_shown_is_one_printable_bounded_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 200


def test_shown_keeps_the_file_name_of_a_deep_path() -> None:
    assert shown("/deep" * 100 + "/file.json").endswith("/file.json")


def test_shown_disarms_terminal_sequences() -> None:
    assert shown("a\x1b[31m\nb") == "a\\x1b[31m\\nb"
