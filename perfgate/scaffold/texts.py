"""What `perfgate init` writes: the commented perfgate.yml, the first workload and the lines of .gitignore."""

from __future__ import annotations

import json
from string import Template
from typing import TYPE_CHECKING

from perfgate.config.commands import PLACEHOLDER

if TYPE_CHECKING:
    from perfgate.scaffold.guess import Guess

IGNORED = ".perfgate/"
SCHEMA_PATH = ".perfgate/perfgate.schema.json"
WORKLOAD_NAME = "load-test.yml"

_CONFIG = Template("""\
# yaml-language-server: $$schema=$schema
# What perfgate measures and what it lets pass. Every key: docs/reference/configuration.md of perfgate.
# Nothing here runs in a shell; a misspelt key is an error.
version: 1

service:
$build\
  # $remark
  # {port} and {host} are filled in; PORT and HOST are in the environment too.
  command: $command
  # env: {WORKERS: 2}          # added to the environment
  ready:
    path: /                    # asked until it answers
    timeout: 30s
  # stop: {signal: TERM, grace: 5s}

workload: $workload

# load: {connections: 1}       # or {model: open, rate: auto}: arrivals by a schedule, or rate: 200/s

# measure:
#   budget: 60s                # a comparison takes so long; what is not given below is then planned
#   rounds: 13                 # restarts of both sides; up to max_rounds, 26, where the data are noisy
#   round: 1s                  # measured time of each; longer helps p95 and p99

gate:
  tolerance: {p50: 3%, p95: 5%, p99: 10%, cpu: 3%, errors: 0.1%}   # changes up to these are let pass
  require: {p50: 5%, p95: 15%, p99: 40%, cpu: 5%}                  # the largest that may go unseen
  # level: {cpu: warn}         # what a regression does: error (it fails), warn or off
  # endpoints:                 # otherwise for some endpoints; the last glob that matches holds
  #   "GET /items/*": {tolerance: {p50: 1%}, require: {p50: 2%}}

# thresholds:                  # limits on head alone, in k6's syntax
#   http_req_duration: ["p(95)<200"]
""")

WORKLOAD = """\
# What is sent to both sides, in Artillery's YAML schema. Name the requests that matter to your users.
scenarios:
  - name: home
    flow:
      - get:
          url: /
"""


def config_text(guess: Guess | None, workload: str) -> str:
    """A perfgate.yml that starts the service as guessed, or by a placeholder that says what to write."""
    command = guess.command if guess else PLACEHOLDER
    remark = f"Guessed from {guess.source}: check it." if guess else "WRITE HERE how your service starts."
    steps = (
        "".join(f"    - {json.dumps(step, ensure_ascii=False)}\n" for step in guess.build) if guess else ""
    )
    return _CONFIG.substitute(
        schema=SCHEMA_PATH,
        build=f"  build:                       # once per commit, in its checkout\n{steps}"
        if steps
        else "  # build: [make]              # once per commit, in its checkout\n",
        remark=remark,
        command=json.dumps(command, ensure_ascii=False),
        workload=workload,
    )


def with_ignored(content: bytes) -> bytes:
    """A .gitignore that ignores perfgate's own directory: `content`, and the line if it is not there yet."""
    entries = {line.strip().strip(b"/") for line in content.splitlines()}
    if IGNORED.strip("/").encode() in entries:
        return content
    end = b"\r\n" if b"\r\n" in content else b"\n"
    gap = end if content and not content.endswith((b"\n", b"\r")) else b""
    return content + gap + IGNORED.encode() + end
