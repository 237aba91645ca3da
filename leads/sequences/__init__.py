"""Sequences of touches: kept in versions, gone through lead by lead, stopped by what happens."""
