"""The command line: one module per command, each parsing, calling and returning an exit code."""
