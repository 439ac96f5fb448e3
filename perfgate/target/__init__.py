"""The service under test: build it, start it, know when it is ready, observe it, stop every process of it."""
