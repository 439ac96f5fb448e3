"""Writing a figure to a PNG file."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from perfgate.errors import MeasureError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


def save_png(figure: Figure, path: Path) -> None:
    """Write it.

    Raises:
        MeasureError: the file cannot be written.
    """
    try:
        with warnings.catch_warnings():
            # A name may hold characters the font lacks: a box in the picture is all that comes of it.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
            figure.savefig(path, format="png")
    except OSError as error:
        raise MeasureError(
            f"cannot write the plot {path}: {error.strerror or error}",
            "Check that the folder exists and has room.",
        ) from error
