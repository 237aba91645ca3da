"""Qualification by agreed criteria: frameworks of questions, answers, how far a lead has come."""
