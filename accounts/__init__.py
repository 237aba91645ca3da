"""People, teams, keys, audit trail, notifications."""
