"""Imports in the browser: a file is stored, mapped, previewed, run by a worker, and undone."""
