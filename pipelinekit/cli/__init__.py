"""The command line: parse options, call a room, print. One file per command."""
