"""Writing a figure to a PNG or SVG file."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, Literal

from matplotlib import rc_context

from perfgate.errors import MeasureError
from perfgate.report.wholefile import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

PictureFormat = Literal["png", "svg"]
_SETTINGS: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "perfgate"}
"""Text of an SVG stays text, to be searched and read aloud; the same figure is the same file."""

_DATELESS: dict[PictureFormat, dict[str, None]] = {"png": {}, "svg": {"Date": None}}


def save_picture(figure: Figure, path: Path, kind: PictureFormat = "png") -> None:
    """Write it, whole or not at all.

    Raises:
        MeasureError: the file cannot be written.
    """
    content = io.BytesIO()
    with warnings.catch_warnings(), rc_context(_SETTINGS):
        # A name may hold characters the font lacks: a box in the picture is all that comes of it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure.savefig(content, format=kind, metadata=_DATELESS[kind])
    try:
        write_whole(path, content.getvalue())
    except OSError as error:
        raise MeasureError(
            f"cannot write the plot {path}: {error.strerror or error}",
            "Check that the folder exists and has room.",
        ) from error
