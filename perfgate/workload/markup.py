"""Values out of XML and HTML, by XPath and by CSS selector; lxml does the work, where it is installed.

Answers are hostile: no entity is expanded, no DTD is loaded, nothing is fetched, and nothing huge is parsed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from perfgate.workload.place import Place
from perfgate.workload.seen import Seen

if TYPE_CHECKING:
    from types import ModuleType

Search = Callable[[Seen], list[Any]]
Pick = Callable[[list[Any]], list[Any]]


def find_by_xpath(place: Place) -> Callable[[str], Search]:
    """Searches by XPath 1.0, in HTML where the answer says that it is HTML and in XML elsewhere.

    Raises:
        UsageError: lxml is not installed.
    """
    etree = _module(place, "lxml.etree")
    html = _module(place, "lxml.html")

    def search_for(source: str) -> Search:
        try:
            path = etree.XPath(source, regexp=False)
        except etree.XPathError as error:
            raise ValueError(str(error)) from error

        def search(seen: Seen) -> list[Any]:
            tree = _tree(seen, etree, html, as_html="html" in seen.header("content-type"))
            try:
                found = [] if tree is None else path(tree)
            except etree.XPathError:
                return []
            values = [_text(item) for item in found] if isinstance(found, list) else [found]
            return [value for value in values if value not in ("", None)]

        return search

    return search_for


def find_by_selector(place: Place, attr: Place | None, index: Place | None) -> Callable[[str], Search]:
    """Searches by CSS selector for an attribute's value: of the first match, or the one `index` says.

    Raises:
        UsageError: lxml or cssselect is not installed, or `attr` is missing.
    """
    if attr is None:
        raise place.fail("'selector' needs 'attr'", "add attr: the attribute whose value is captured")
    name = attr.text()
    pick = _pick(index)
    etree, html = _module(place, "lxml.etree"), _module(place, "lxml.html")
    css, cssselect = _module(place, "cssselect"), _module(place, "lxml.cssselect")

    def search_for(source: str) -> Search:
        try:
            select = cssselect.CSSSelector(source, translator="html")
        except css.SelectorError as error:
            raise ValueError(str(error)) from error

        def search(seen: Seen) -> list[Any]:
            tree = _tree(seen, etree, html, as_html=True)
            picked = pick([] if tree is None else select(tree))
            values = [element.get(name) for element in picked]
            return [value for value in values if value]

        return search

    return search_for


def _pick(index: Place | None) -> Pick:
    """Which of the matches may be taken; of several the pass takes one at random."""
    if index is None:
        return lambda found: found[:1]
    if index.value == "random":
        return lambda found: found
    if index.value == "last":
        return lambda found: found[-1:]
    number = index.whole()
    return lambda found: found[number : number + 1]


def _tree(seen: Seen, etree: ModuleType, html: ModuleType, *, as_html: bool) -> Any:
    """The document, or None for what is none."""
    content = seen.content()
    if not content.strip():
        return None
    parser = (
        html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
        if as_html
        else etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.ParseError, ValueError):
        return None


def _text(item: Any) -> Any:
    """The text of an element, or what an expression gives that asks for text, a number or true."""
    return "".join(item.itertext()) if hasattr(item, "itertext") else item


def _module(place: Place, name: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise place.fail(
            f"{name.partition('.')[0]}, which reads XML and HTML, is not installed",
            "install it: pip install 'perfgate[html]'",
        ) from error
