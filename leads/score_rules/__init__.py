"""The scoring rules as people change them: a draft, what it would do, two signatures."""
