"""What goes wrong, told to clients: one table of statuses, and one text for each reader.

People read a sentence and a line for every problem. Programs that ask for JSON get ``message``,
``code`` and ``problems``: uv prints ``code``, and only of an answer whose type is exactly
``application/json``. The text is always in the body, for API Gateway sends no reason phrase.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from idlewheel import errors
from idlewheel.web.gateway import Reply
from idlewheel.web.negotiation import choose

if TYPE_CHECKING:
    from idlewheel.web.gateway import Request

JSON = "application/json"
TEXT = "text/plain"


METHOD_NOT_ALLOWED = 405
"""Its answer says what is allowed (RFC 9110 §15.5.6): wherever we say it, to read."""


class Answer(NamedTuple):
    """How one kind of error is told."""

    status: int
    title: str
    retry_after: int | None = None
    """Seconds after which to try again, where that helps."""


ANSWERS: dict[type[errors.IdlewheelError], Answer] = {
    errors.Refusal: Answer(400, "Refused"),
    errors.Rejected: Answer(400, "Rejected"),
    errors.Conflict: Answer(409, "File already exists"),
    errors.Denied: Answer(403, "Not allowed"),
    errors.Unauthenticated: Answer(401, "Credentials needed"),
    errors.NotFound: Answer(404, "Not found"),
    errors.Gone: Answer(410, "Gone"),
    errors.WrongMethod: Answer(405, "Method not allowed"),
    errors.NotAcceptable: Answer(406, "Not acceptable"),
    errors.TooLarge: Answer(413, "Too large"),
    errors.TooLate: Answer(409, "Too late"),
    errors.TooMany: Answer(429, "Too many at once", retry_after=30),
    errors.NotEmpty: Answer(409, "Not empty"),
    errors.Unavailable: Answer(503, "Unavailable now, try again", retry_after=2),
    errors.Undecided: Answer(503, "Not decided yet, try again", retry_after=5),
}
"""Every error and its status. "File already exists" is what twine, poetry and pdm look for."""


def reply_to(error: errors.IdlewheelError, request: Request) -> Reply:
    """Answer *error* in the form that the client asks for; no cache may keep it."""
    answer = ANSWERS[type(error)]
    media_type = preferred_type(request)
    headers = {
        "Content-Type": JSON if media_type == JSON else f"{TEXT}; charset=utf-8",
        "Cache-Control": "no-store",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
        **({"Retry-After": str(answer.retry_after)} if answer.retry_after else {}),
        **({"Allow": "GET, HEAD, OPTIONS"} if answer.status == METHOD_NOT_ALLOWED else {}),
    }
    text = as_json(answer, error) if media_type == JSON else as_text(answer, error)
    # A message may quote half a character, which JSON can bring in and no answer can bring out.
    told = text.encode("utf-8", "backslashreplace").decode()
    return Reply(answer.status, headers, "" if request.method == "HEAD" else told)


def preferred_type(request: Request) -> str:
    """Answer JSON to those who ask for it, text to all others: an error is never a 406."""
    try:
        return choose(request.header("accept"), (JSON, TEXT), default=TEXT)
    except errors.NotAcceptable:
        return TEXT


def as_text(answer: Answer, error: errors.IdlewheelError) -> str:
    """Write a sentence; where there are several problems, each has a line, with its code."""
    lines = [f"{problem.message} [{problem.code}]" for problem in error.problems]
    if len(lines) == 1:
        return f"{answer.status} {titled(answer, lines[0])}\n"
    title = f"{answer.status} {answer.title}"
    return "\n".join([f"{title}: there are {len(lines)} problems.", *lines, ""])


def as_json(answer: Answer, error: errors.IdlewheelError) -> str:
    """Write an object; its ``code`` holds everything, because it is all that uv prints."""
    message = titled(answer, "; ".join(problem.message for problem in error.problems))
    return json.dumps(
        {
            "message": message,
            "code": f"{answer.status} {message}",
            "problems": [problem._asdict() for problem in error.problems],
        }
    )


def titled(answer: Answer, message: str) -> str:
    """Put the title in front of *message*, where that does not begin with it."""
    return message if message.startswith(answer.title) else f"{answer.title}: {message}"
