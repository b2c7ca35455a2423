"""Finds and reads the files of a DVC project."""
