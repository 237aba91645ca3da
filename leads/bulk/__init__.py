"""One deed for many leads: what it needs, who may, lead by lead, in the background, undone."""
