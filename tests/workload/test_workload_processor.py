"""`config.processor`: a Python module beside the JavaScript, or an error that says what it must hold."""

import pytest

from perfgate.errors import UsageError

FILE = """
config: {processor: ./helpers.js}
scenarios:
  - beforeScenario: [setUp]
    flow:
      - function: pick
      - get: {url: /, afterResponse: look}
"""
UNUSED = "config: {processor: ./helpers.js}\nscenarios: [{flow: [{get: {url: /}}]}]"


@pytest.fixture
def beside(tmp_path):
    def write(name: str, content: str) -> None:
        (tmp_path / name).write_text(content)

    return write


def test_without_a_module_the_functions_and_their_lines_are_named(read, beside):
    beside("helpers.js", "module.exports = {setUp, pick, look}")
    with pytest.raises(UsageError) as caught:
        read(FILE)
    assert "calls setUp (line 4), pick (line 6), look (line 7)" in caught.value.message
    assert "helpers.py" in caught.value.hint
    assert "driver: artillery" in caught.value.hint


@pytest.mark.parametrize("suffix", ["js", "cjs", "mjs", "ts", "py"])
def test_unused_it_is_a_note(read, beside, suffix):
    beside("helpers.py", "def other(context, events): pass\n")
    text = UNUSED.replace("helpers.js", f"helpers.{suffix}")
    assert any(f"helpers.{suffix} is not loaded" in note for note in read(text).notes)


def test_a_condition_that_the_script_defines_is_a_function(read, beside):
    beside("helpers.js", "function isAdmin(vars) { return false }")
    with pytest.raises(UsageError, match=r"calls isAdmin \(line 2\)"):
        read(UNUSED.replace("{url: /}", "{url: /, ifTrue: isAdmin}"))


@pytest.mark.parametrize(
    ("module", "what", "where"),
    [
        ("def setUp(c, e): pass\ndef look(*a): pass\n", "helpers.py has no function 'pick'", "load.yml:6:9"),
        (
            "async def setUp(c, e): pass\ndef pick(c, e): pass\ndef look(*a): pass\n",
            "is async",
            "load.yml:4:",
        ),
        (
            "x = 1\nraise ValueError('no')\n",
            "ValueError while the processor was imported: no",
            "helpers.py:2",
        ),
        ("def broken(:\n", "invalid syntax", "helpers.py:1"),
        ("import sys\nsys.exit(3)\n", "SystemExit", "helpers.py:2"),
    ],
)
def test_a_module_that_cannot_be_used(read, beside, module, what, where):
    beside("helpers.py", module)
    with pytest.raises(UsageError) as caught:
        read(FILE)
    assert what in caught.value.message
    assert where in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", ["../helpers.js", "/tmp/helpers.js", "helpers", "gone.py"])
def test_a_path_that_cannot_be_used(read, name):
    with pytest.raises(UsageError, match=r"load\.yml:1:"):
        read(UNUSED.replace("./helpers.js", name))
