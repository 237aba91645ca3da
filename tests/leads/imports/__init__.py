"""Imports in the browser, from the file to the undo."""
