"""The rules of taking part; plain Python."""
