"""Offers as leads meet them: who still says the old name, which changes touch a lead."""
