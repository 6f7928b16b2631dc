"""What can be done: one verb, one file. Features write and tell; they never commit."""
