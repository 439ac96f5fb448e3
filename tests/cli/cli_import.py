"""A repository of two commits to import outputs of other tools into, and runs of vegeta to import."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from cli_project import CONFIG, WORKLOAD

from perfgate.cli.main import main
from perfgate.model import Result
from perfgate.store.results import load

DATA = Path(__file__).parents[1] / "interchange" / "data"
NAMED = ("--workload", "imported:shop")
VEGETA = "vegeta latency"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shop:
    """A repository of two commits, without perfgate.yml unless `configure` writes one."""

    path: Path
    base: str
    head: str
    perfgate: Callable[..., Answer]

    def configure(self, thresholds: str = "") -> None:
        config = CONFIG.format(python="python").partition("gate:")[0]
        (self.path / "perfgate.yml").write_text(config + thresholds)
        (self.path / "load-test.yml").write_text(WORKLOAD)

    def results(self) -> list[Result]:
        return [load(path) for path in sorted((self.path / ".perfgate" / "results").rglob("*.json"))]

    def runs(self, name: str, count: int, *, slower: float = 1.0, failing: float = 0.0) -> list[str]:
        """Files of vegeta, each a run of 400 requests of about 10 ms; runs differ by 1 %."""
        files = []
        for run in range(count):
            rng = np.random.default_rng([run, *name.encode()])
            level = 10e6 * slower * float(np.exp(rng.normal(0, 0.01)))
            times = (level * np.exp(rng.normal(0, 0.2, 400))).astype(int)
            codes = np.where(rng.random(400) < failing, 500, 200)
            path = self.path / f"{name}{run}.csv"
            path.write_text(
                "".join(
                    f"{1893553445 + run}{at:09d},{code},{time},0,50,,,,{at},GET,http://127.0.0.1/items,\n"
                    for at, (time, code) in enumerate(zip(times, codes, strict=True))
                )
            )
            files.append(path.name)
        return files


def make_shop(path: Path, perfgate: Callable[..., Answer]) -> Shop:
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.invalid", "-C", str(path))
    subprocess.run([*git, "-c", "init.defaultBranch=main", "init", "--quiet"], check=True)
    shas = []
    for message in ("base", "head"):
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", message], check=True)
        shas.append(subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip())
    return Shop(path=path, base=shas[0], head=shas[1], perfgate=perfgate)


def perfgate(capsys: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    code = main([str(each) for each in arguments])
    captured = capsys.readouterr()
    return Answer(code, captured.out, captured.err)


def words(text: str) -> str:
    return " ".join(text.split())
