"""What k6 writes with `--out json` and `--out csv`, as requests: shared by the driver and the importer."""

from perfgate.k6points.reading import K6_LATENCY, K6Points, read_points

__all__ = ["K6_LATENCY", "K6Points", "read_points"]
