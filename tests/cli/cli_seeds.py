"""A repository with a real service that answers what the five seeds ask, for verdicts on unmodified files."""

import sys
from pathlib import Path

from cli_project import Project

SEEDS = Path(__file__).parent.parent / "seeds"

# With a delay of its own, so that verdicts depend less on what else the machine does.
SERVICE = (
    (Path(__file__).parents[2] / "bench/services/api/service.py")
    .read_text()
    .replace("DELAY_S = 0.0", "DELAY_S = 0.001")
)
CONFIG = """\
version: 1
service:
  command: ["{python}", "-S", "service.py"]
  ready: {{path: /ready, timeout: 10s}}
  stop: {{grace: 1s}}
measure: {{rounds: 8, max_rounds: 8, round: {round}, warmup: 20ms, timeout: 2s}}
gate:
  level: {{cpu: off}}
  tolerance: {{p50: 60%, p95: 300%, p99: 500%}}
  require: {{p50: 1000%, p95: 1000%, p99: 1000%}}
"""


class SeedProject(Project):
    """`main` with the API, `same` with an equal one, and `slow`; no workload in perfgate.yml."""

    def __init__(self, path: Path, *, round_length: str = "200ms") -> None:
        super().__init__(path)
        (path / "load-test.yml").unlink()
        self.write("service.py", SERVICE)
        self.write("perfgate.yml", CONFIG.format(python=sys.executable, round=round_length))
        self.commit("api")
        self.git("branch", "same")
        self.git("checkout", "--quiet", "-b", "slow")
        self.edit("service.py", "DELAY_S = 0.001", "DELAY_S = 0.006")
        self.commit("slow")
        self.git("checkout", "--quiet", "main")
        for seed in SEEDS.iterdir():
            (path / seed.name).write_bytes(seed.read_bytes())
        self.commit("load tests")
