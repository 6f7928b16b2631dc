"""What the pages and the interface show, read from the tables."""
