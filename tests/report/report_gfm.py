"""Markdown as GitHub renders it, as far as a CommonMark renderer with tables and raw HTML can say it."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

VOID = {"br", "hr", "img", "input"}
LITERAL = {"code", "pre"}
ALLOWED = {
    *("h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("code", "pre", "strong", "details", "summary", "br", "sub", "a", "span"),
}
ACTIVE = {
    "mention": re.compile(r"(?<![\w/])@[a-z0-9]", re.IGNORECASE),
    "issue": re.compile(r"#\d|\bGH-\d", re.IGNORECASE),
    "commit": re.compile(r"(?<![a-z0-9])[0-9a-f]{7,40}(?![a-z0-9])", re.IGNORECASE),
    "link": re.compile(r"\w+://\S|\bwww\.\w|\b(?:mailto|xmpp):\w|[\w.+-]@\w", re.IGNORECASE),
    "emoji": re.compile(r":[a-z0-9_+-]+:", re.IGNORECASE),
    "math": re.compile(r"\$\S.*\S\$"),
    "hidden": re.compile("[\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f-\x9f]"),
}
"""What GitHub does to text after rendering it, outside of code."""


@dataclass
class Rendered(HTMLParser):
    """The tags, links and texts of a rendered page; a tag that is never closed is an error."""

    tags: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    prose: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "pre":
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "pre" in self._open:
            self.blocks[-1] += data
        elif {"td", "th"} & set(self._open):
            self.cells[-1] += data
        if not LITERAL & set(self._open):
            self.prose.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def render_gfm(text: str) -> Rendered:
    page = Rendered()
    page.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))
    page.close()
    assert not page._open, f"never closed: {page._open}"
    return page


def assert_inert(text: str, *, links: tuple[str, ...] = ()) -> Rendered:
    """Only what perfgate itself writes: no tag, link, mention or reference of a name's making."""
    page = render_gfm(text)
    assert set(page.tags) <= ALLOWED
    assert page.attributes <= {"style", "href"}
    assert tuple(page.links) == links
    assert not page.comments
    assert "[^" not in _outside_of_blocks(text), "a footnote"
    for words in page.prose:
        for kind, pattern in ACTIVE.items():
            assert not pattern.search(words), f"{kind}: {words!r}"
    assert not ACTIVE["hidden"].search(text.replace("\n", ""))
    return page


def _outside_of_blocks(text: str) -> str:
    return re.sub(r"^(`{3,})\n.*?\n\1$", "", text, flags=re.MULTILINE | re.DOTALL)
