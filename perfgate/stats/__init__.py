"""The statistics of perfgate: pure functions on numpy arrays, no I/O, no opinion about policy."""
