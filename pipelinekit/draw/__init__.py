"""The graph of the stages → text, Mermaid, DOT, JSON, one file per format."""
