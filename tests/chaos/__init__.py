"""Tests with faults in real processes."""
