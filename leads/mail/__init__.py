"""E-mail with a lead: written, sent, answered, bounced."""
