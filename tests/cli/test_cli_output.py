"""Every format of `-o`, from the command line to the file."""

import datetime
import json
import os
import shlex
import stat
import subprocess
import sys

import pytest
from cli_stored import store_pair
from lxml import etree
from test_cli_policy import SLOWER, Shop

from perfgate.cli.main import main

SOON = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)).isoformat()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Ann Example\n\temail = ann@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    made = Shop(tmp_path / "shop")
    monkeypatch.chdir(made.path)
    store_pair(made.path, made.base, made.head, SLOWER)
    return made


def compare(*outputs: str) -> int:
    return main(["compare", "main", "change", "--stored", *(w for output in outputs for w in ("-o", output))])


def refused(capsys, *outputs: str) -> str:
    capsys.readouterr()
    assert compare(*outputs) == 2
    return capsys.readouterr().err


def test_one_run_writes_every_format_of_words(shop):
    assert compare("json=v.json", "markdown=v.md", "junit=v.xml", "gitlab-metrics=v.txt", "svg=v.svg") == 1
    assert (shop.path / "v.md").read_text().startswith("### 🔴 REGRESSED: GET /search p50")
    suite = etree.parse(shop.path / "v.xml").getroot()
    assert int(suite.get("failures")) >= 2
    assert (shop.path / "v.txt").read_text().endswith("# EOF\n")
    assert etree.parse(shop.path / "v.svg").getroot().tag.endswith("svg")
    assert not [path for path in shop.path.iterdir() if path.name.endswith(".tmp")]


def test_the_command_of_the_comment_accepts_the_slowdown_once_it_is_filled_in(shop):
    assert compare("markdown=v.md") == 1
    text = (shop.path / "v.md").read_text()
    commands = [line for line in text.splitlines() if line.startswith("perfgate accept 'GET /search'")]
    assert main(shlex.split(commands[0])[1:]) == 2, "the day is to be filled in"
    for command in commands:
        filled = command.replace("YYYY-MM-DD", SOON).replace("WHY", "'ranks better (#412)'")
        assert main(shlex.split(filled)[1:]) == 0
    assert compare("markdown=v.md") == 0
    assert (shop.path / "v.md").read_text().startswith("### 🟢 PASS: 1 accepted slowdown")


def test_the_command_to_reproduce_asks_the_same(shop, capsys):
    compare("markdown=v.md")
    text = (shop.path / "v.md").read_text()
    (command,) = [line for line in text.splitlines() if line.startswith("perfgate compare")]
    assert command == f"perfgate compare {shop.base[:12]} {shop.head[:12]} --stored", "branches move on"
    first = capsys.readouterr().out
    assert main(shlex.split(command)[1:]) == 1
    again = capsys.readouterr().out
    assert again.splitlines()[-1] == first.splitlines()[-1] == f"reproduce: {command}"
    assert again.splitlines()[:-2] == first.splitlines()[:-2], "all but what the commits are called"


def test_a_format_there_is_none_of_is_refused_with_those_there_are(shop, capsys):
    said = refused(capsys, "pdf=v.pdf")
    assert "there is no format 'pdf' here" in said
    assert "not FORMAT=PATH" in refused(capsys, "json")
    assert "the formats are json, markdown, html, png, svg, junit, gitlab-metrics" in said
    assert "create it first" in refused(capsys, "junit=nowhere/v.xml")
    (shop.path / "reports").mkdir()
    assert "junit is one file, and this a folder" in refused(capsys, "junit=reports")
    assert "junit is one file, and this a folder" in refused(capsys, "junit=reports2/")
    assert not (shop.path / "reports2").exists()


def test_a_reader_of_the_first_line_alone_gets_the_files_and_the_verdict(shop):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "perfgate", "compare", "main", "change", "--stored", "-o", "json=v.json"]
    with os.fdopen(writing, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert json.loads((shop.path / "v.json").read_text())["outcome"] == "REGRESSED"


def test_where_nobody_reads_anything_nothing_goes_on_and_the_interpreter_is_quiet(shop):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "perfgate", "compare", "main", "change", "--stored"]
    with os.fdopen(writing, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=out, check=False, timeout=60)
    assert done.returncode == 4


def test_a_folder_for_pictures_that_never_came_is_taken_away(shop, capsys):
    assert main(["compare", "main", "nosuch", "--stored", "-o", "png=pictures/"]) == 2
    assert not (shop.path / "pictures").exists()
    (shop.path / "mine").mkdir()
    assert main(["compare", "main", "nosuch", "--stored", "-o", "png=mine/"]) == 2
    assert (shop.path / "mine").is_dir()


def test_a_folder_is_made_for_pictures_before_anything_is_measured(shop, capsys):
    (shop.path / "file").write_text("")
    assert "no folder can be made there" in refused(capsys, "png=file/")
    assert "create it first" in refused(capsys, "png=nowhere/pictures/")
    (shop.path / "elsewhere").mkdir()
    (shop.path / "linked").symlink_to("elsewhere")
    assert "png=linked: a symbolic link" in refused(capsys, "png=linked/")


def test_a_link_somebody_committed_is_replaced_and_not_followed(shop, tmp_path):
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    (shop.path / "v.json").symlink_to(treasure)
    assert compare("json=v.json") == 1
    assert treasure.read_text() == "gold"
    assert stat.S_ISREG((shop.path / "v.json").lstat().st_mode)


def test_what_cannot_be_written_fails_after_the_verdict_was_said(shop, capsys):
    capsys.readouterr()
    assert compare("json=/dev/full") == 4
    written = capsys.readouterr()
    assert written.out.startswith("REGRESSED")
    assert "-o json=/dev/full: cannot be written (No space left on device)" in written.err
