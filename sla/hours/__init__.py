"""Working hours as people keep them: calendars, their form and year view, and leave."""
