"""Leads: capture, score, route, hand over, qualify, close."""
