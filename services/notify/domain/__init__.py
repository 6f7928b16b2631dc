"""The rules of texting: when, how long, how often, and what an answer means."""
