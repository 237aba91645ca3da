"""Calling one lead after the other: lists kept, the next one claimed, the clock over there."""
