"""Business errors: classes with a code and a status, rendered once as problem+json (RFC 9457) or as a page."""

from __future__ import annotations

from typing import Any, ClassVar


class Problem(Exception):
    """An answer the caller can act on. `detail` says, in the reader's words, what happened and what to do."""

    status: int = 400
    code: ClassVar[str] = "problem"
    title: ClassVar[str] = "The request could not be carried out"

    def __init__(self, detail: str = "", *, status: int | None = None, **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts
        self.status = status or self.status

    def as_json(self) -> dict[str, Any]:
        """The problem document, with the facts the class adds."""
        return {
            "type": f"about:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.facts,
        }


class NotFound(Problem):
    """Nothing has this id, or the caller may not know that it has."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(Problem):
    """The thing exists but is in a state that does not allow this."""

    status = 409
    code = "conflict"
    title = "Not possible in the present state"


class Invalid(Problem):
    """The request is well-formed but one of its values cannot be right."""

    status = 422
    code = "invalid"
    title = "A value cannot be right"


class NotLoggedIn(Problem):
    """The caller has to log in first."""

    status = 401
    code = "not_logged_in"
    title = "Please log in"


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class TooMany(Problem):
    """The caller did this too often; `retry_after` says in how many seconds it may again."""

    status = 429
    code = "too_many"
    title = "Too often"


class TooLarge(Problem):
    """The body is larger than this service reads."""

    status = 413
    code = "too_large"
    title = "The body is too large"
