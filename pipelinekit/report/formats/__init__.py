"""The formats of a report, one file each: a file put here is a format, called like the file."""
