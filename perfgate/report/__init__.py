"""Showing a verdict: terminal, markdown, JSON, plot, and progress while one is being reached."""
