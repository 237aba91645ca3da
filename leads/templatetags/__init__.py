"""Template tags of the leads pages."""
