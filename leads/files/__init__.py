"""Files on a lead: known by content, kept outside the web root, scanned, given out by right."""
