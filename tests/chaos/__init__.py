"""Chaos: deadlines pass while the parts of leadflow are killed at random; then all is counted.

`python -m tests.chaos` (`make chaos`) is one run. It has a PostgreSQL, a Valkey and a mail server
of its own. The same seed kills the same parts in the same order; instants differ from run to run.
"""
