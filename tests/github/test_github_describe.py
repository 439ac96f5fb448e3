"""GitHub's description with the prose taken out: what is left still says the same."""

import json

from openapi_core import OpenAPI

from tests.github.describe import USED, WRITTEN, facts, references


def test_prose_goes_and_properties_of_the_same_name_stay():
    schema = {
        "description": "words",
        "x-github": 1,
        "properties": {"description": {"type": "string", "example": "x"}, "x-y": {"summary": "words"}},
        "required": ["description"],
    }
    assert facts(schema) == {
        "properties": {"description": {"type": "string"}, "x-y": {}},
        "required": ["description"],
    }


def test_what_is_committed_is_whole_valid_and_without_prose():
    text = WRITTEN.read_text()
    description = json.loads(text)
    assert {(path, method) for path, found in description["paths"].items() for method in found} == set(USED)
    for reference in references(description):
        _, _, kind, name = reference.split("/")
        assert name in description["components"][kind]
    OpenAPI.from_dict(description).check_spec()
    assert "octokit" in description["info"]["title"]
    assert text == json.dumps(description, sort_keys=True, indent=0) + "\n"
