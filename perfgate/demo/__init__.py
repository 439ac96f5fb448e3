"""A small service with a git history, to show caught regressions offline."""
