"""The pages a person looks at: one self-contained HTML file each, without network."""

from perfgate.report.html.render import render_history, render_page

__all__ = ["render_history", "render_page"]
