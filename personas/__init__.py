"""What both teams agree on: personas, definitions, offers."""
