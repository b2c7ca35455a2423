"""A located tree of a YAML file, read as DVC reads it, and edits of its text in place."""
