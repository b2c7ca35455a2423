"""Findings → text, one file per format."""
