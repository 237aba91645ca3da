"""Lists of leads: what they are narrowed to, in which order and columns they come."""
