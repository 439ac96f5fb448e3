"""What to send: workload files read into scenarios that yield requests."""
