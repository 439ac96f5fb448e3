"""Parquet by pyarrow, the optional extra `perfgate[parquet]`."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable, Sequence

from perfgate.interchange.columns import Cell, Column

INSTALL = "pip install 'perfgate[parquet]'"


def is_available() -> bool:
    """Whether pyarrow is installed; it is not imported to find out."""
    return importlib.util.find_spec("pyarrow") is not None


def write_parquet(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table as one Parquet file; a null is a value that was not measured."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"text": pa.string(), "whole": pa.int64(), "decimal": pa.float64()}
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = pa.table(
        {c.name: pa.array(values, type=kinds[c.kind]) for c, values in zip(columns, cells, strict=True)}
    )
    target = io.BytesIO()
    pq.write_table(table, target, compression="zstd")
    return target.getvalue()
