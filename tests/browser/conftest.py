"""A real Chromium without network, and what it said and asked for while it showed a page."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Seen:
    """A page that is shown, with all it logged, all that went wrong, and all it requested."""

    page: Page
    said: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def assert_quiet(self, path: Path) -> None:
        assert self.said == []
        assert [url for url in self.requested if not url.startswith("data:")] == [path.as_uri()]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("PERFGATE_CHROMIUM", "/usr/bin/chromium")
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), headless=True)
        yield started
        started.close()


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[..., Seen]]:
    """Opens a file: `show(path, width=360, dark=True, script=False, fragment="endpoint-2")`."""
    contexts = []

    def opened(path: Path, *, width=1280, height=900, dark=False, script=True, fragment="") -> Seen:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.said.append(message.text))
        seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
        seen.page.on("request", lambda request: seen.requested.append(request.url))
        seen.page.goto(path.as_uri() + (f"#{fragment}" if fragment else ""))
        return seen

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: $PERFGATE_SCREENSHOTS, else a folder that pytest removes."""
    kept = os.environ.get("PERFGATE_SCREENSHOTS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
