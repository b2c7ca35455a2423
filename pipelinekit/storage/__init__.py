"""What cache and remote hold: the outputs of every version of the locks that git has."""
