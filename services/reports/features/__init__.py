"""What reports does, one verb a file."""
