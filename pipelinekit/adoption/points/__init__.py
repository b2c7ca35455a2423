"""One file per point of adoption."""
