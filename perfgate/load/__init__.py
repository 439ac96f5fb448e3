"""Sending the workload: connections, the HTTP/1.1 codec, pacing, threads, recording."""
