"""What the launcher cannot do, said in one sentence to the person at the terminal."""


class Refusal(Exception):
    """A start that cannot work; its text is one sentence saying what to do, and the process exits with 2."""
