"""Stand-ins for the world outside: programs of their own, with knobs for what can go wrong, that users can run too."""
