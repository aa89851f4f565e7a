"""SQL as files: one object or question each."""
