"""The rules, one file each: `pkNNN_what_it_finds.py`. A file put here is a rule; nothing else names it."""
