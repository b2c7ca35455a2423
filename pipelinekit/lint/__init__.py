"""Runs the rules, selects what is shown, applies fixes."""
