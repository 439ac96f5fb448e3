"""The files `perfgate init` starts a project with."""
