"""Takes what perfgate uses of GitHub's API out of GitHub's own OpenAPI description (`make github-api`)."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

USED = (
    ("/repos/{owner}/{repo}/issues/{issue_number}/comments", "get"),
    ("/repos/{owner}/{repo}/issues/{issue_number}/comments", "post"),
    ("/repos/{owner}/{repo}/issues/comments/{comment_id}", "patch"),
    ("/repos/{owner}/{repo}/check-runs", "post"),
    ("/repos/{owner}/{repo}/check-runs/{check_run_id}", "patch"),
    ("/repos/{owner}/{repo}/commits/{ref}/check-runs", "get"),
    ("/repos/{owner}/{repo}/statuses/{sha}", "post"),
    ("/repos/{owner}/{repo}/pulls", "get"),
    ("/repos/{owner}/{repo}/pulls", "post"),
    ("/repos/{owner}/{repo}/pulls/{pull_number}", "patch"),
    ("/repos/{owner}/{repo}/actions/runs/{run_id}", "get"),
)
SOURCE = "https://github.com/octokit/openapi"
WRITTEN = Path(__file__).with_name("github_api.json")
_WORDS = {"description", "summary", "example", "examples", "externalDocs", "tags", "deprecated", "default"}
_NAMED = {"properties", "responses", "headers", "content", "schemas", "parameters"}


def described(whole: Mapping[str, Any]) -> dict[str, Any]:
    """A description of the operations in USED alone, without its prose."""
    paths: dict[str, Any] = {}
    for path, method in USED:
        paths.setdefault(path, {})[method] = facts(whole["paths"][path][method])
    return {
        "openapi": whole["openapi"],
        "info": {
            "title": f"Some operations of @octokit/openapi {whole['info']['version']}: {SOURCE}",
            "version": whole["info"]["version"],
            "license": {"name": "MIT"},
        },
        "servers": [{"url": "https://api.github.com"}],
        "paths": paths,
        "components": referenced(paths, whole),
    }


def facts(node: Any, *, names: bool = False) -> Any:
    """The node without words meant for people; the keys of a mapping of `names` are no keywords."""
    if isinstance(node, list):
        return [facts(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: facts(value, names=not names and key in _NAMED)
        for key, value in node.items()
        if names or not (key in _WORDS or key.startswith("x-"))
    }
    for answer in kept.get("responses", {}).values() if not names else ():
        if "$ref" not in answer:
            answer["description"] = ""  # OpenAPI wants one
    return kept


def referenced(paths: Any, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Every component that the paths refer to, directly or through another."""
    components: dict[str, Any] = {}
    open_references = list(references(paths))
    while open_references:
        _, _, kind, name = open_references.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind] |= facts({kind: {name: whole["components"][kind][name]}})[kind]
            open_references += references(components[kind][name])
    return components


def references(node: Any) -> Iterator[str]:
    """Each `$ref` in the node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


if __name__ == "__main__":
    text = json.dumps(described(json.loads(Path(sys.argv[1]).read_text())), sort_keys=True, indent=0)
    WRITTEN.write_text(text + "\n")
    print(f"{WRITTEN.name}: {len(text) >> 10} KiB")
