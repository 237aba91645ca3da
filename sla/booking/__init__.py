"""Meetings that others book: which times are free, and taking one."""
