"""A wrapper around a service that makes its answers later by a known amount, to prove that the gate notices.

`python -m perfgate.target.inject MODE -- COMMAND …` runs with the standard library alone: the service's own
environment must not decide what it imports.
"""
