"""Measured claims: each against an ordinary way of doing the same, in one run."""
