"""What a change does: the stages that it makes run again, and how one revision differs from another."""
