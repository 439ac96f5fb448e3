"""A server that answers anything at all: perfgate fails as it says it does, and in no other way."""

from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.errors import PerfgateError
from perfgate.github.api import Api
from perfgate.github.baseline_pr import open_or_update
from perfgate.github.comment import marker
from perfgate.github.publish import publish, start_check
from perfgate.github.pullrequest import find_pull_request
from perfgate.github.run import read_run
from tests.github.github_publications import KEY, SHA, publication_of
from tests.github.github_server import TOKEN, github_server

READ = (
    "id body user type login html_url check_runs external_id output status conclusion message errors "
    "number head base sha ref repo full_name"
)
KEYS = st.sampled_from(READ.split())
WORDS = st.sampled_from(["", "Bot", marker(KEY), SHA, "acme/shop", "completed", "\ud800", "x" * 400])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=20, deadline=None)
@given(body=JSON, status=st.sampled_from([200, 200, 200, 403, 422]))
def test_whatever_is_answered(tmp_path_factory, body, status):
    with github_server() as github:
        api = Api(token=TOKEN, api_url=github.url, repository="acme/shop", backoff_s=1e-6)
        event = github.workflow_run_event(github.add_pull(head_sha=SHA))
        run = read_run(github.environ(tmp_path_factory.getbasetemp(), "workflow_run", event))
        github.fail_next(999, status, body=body)
        for asked in (
            lambda: start_check(api, key=KEY, head_sha=SHA),
            lambda: publish(api, publication_of(), check_id=1),
            lambda: open_or_update(api, branch="bot", base="main", title="t", body="b"),
            lambda: find_pull_request(api, run),
        ):
            try:
                outcome = asked()
            except PerfgateError as error:
                outcome = error.message
            assert not isinstance(outcome, str) or outcome.isprintable()
