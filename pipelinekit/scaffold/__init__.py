"""Projects to start from, and what a project that is there already lacks."""
