"""What GitHub refused or failed to do, as an error that says what was asked for and what to do."""

from perfgate.errors import MeasureError

_STATUS_PAGE = "see https://www.githubstatus.com and run the job again"
_NEEDED = (
    ("/comments", "pull-requests: write"),
    ("/check-runs", "checks: write"),
    ("/statuses/", "statuses: write"),
    ("/pulls", "pull-requests: write"),
)


class ApiError(MeasureError):
    """A request to GitHub that came to nothing; `status` is GitHub's, 0 where no usable answer came.

    `limited`: a rate limit, which GitHub also answers with 403.
    """

    def __init__(self, message: str, hint: str, *, status: int, limited: bool = False) -> None:
        super().__init__(message, hint)
        self.status = status
        self.limited = limited

    @property
    def refused(self) -> bool:
        """The token may not do this, or may not know that it exists: no fault of GitHub's."""
        return self.status in (403, 404) and not self.limited

    @property
    def uncertain(self) -> bool:
        """No answer, or a fault of GitHub's own: what was asked for may have been done all the same."""
        return self.status == 0 or self.status >= 500


def failed(line: str, *, status: int, said: str, limited: bool = False) -> ApiError:
    """The error of an answer: `line` is the method and path asked for, `said` GitHub's message, cleaned."""
    message = f"GitHub answered {status} to {line}" + (f": {said}" if said else "")
    return ApiError(message, _advice(line, status, limited), status=status, limited=limited)


def unanswered(line: str, reason: str) -> ApiError:
    """The error of a request without an answer, or with one that is not GitHub's."""
    hint = f"check the network, proxy and GITHUB_API_URL of this runner; {_STATUS_PAGE}"
    return ApiError(f"no usable answer from GitHub to {line}: {reason}", hint, status=0)


def _advice(line: str, status: int, limited: bool) -> str:
    if limited:
        return (
            "GitHub limits how often this token may ask: run the job again later, or use a token of its own"
        )
    if status == 401:
        return "the token is wrong or has expired: pass `token: ${{ github.token }}` to the action"
    if status == 403 and line.startswith("POST") and line.endswith("/pulls"):
        return (
            "give the job `permissions: pull-requests: write`, and allow GitHub Actions to create pull "
            "requests in the repository's Settings → Actions → General"
        )
    if status in (403, 404):
        needed = next((permission for part, permission in _NEEDED if part in line), "contents: read")
        return f"give the job `permissions: {needed}`; from a fork, post in a workflow on `workflow_run`"
    if 300 <= status < 400:
        return "perfgate follows no redirect with a token: set the repository's and the API's present address"
    return (
        _STATUS_PAGE if status >= 500 else "run the job again; if GitHub says the same, report it to perfgate"
    )
