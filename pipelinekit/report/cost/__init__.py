"""What storage holds and costs, in words, as tables and as data: one file per format."""
