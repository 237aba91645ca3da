"""Who may be the same person: one matcher for leads and for any file; it proposes, never merges."""
