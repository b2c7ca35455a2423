"""Which arguments of the usual programs are files that they read, write or remove."""
