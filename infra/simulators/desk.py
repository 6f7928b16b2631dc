"""What every simulated carrier shows a person over HTTP: its phones, answering from them, and what can be made to go wrong."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators.faults import WISHES, Faults
from infra.simulators.phones import Phones, Text


class Answer(BaseModel):
    """A text typed on a phone."""

    phone: str
    text: str = Field(min_length=1, max_length=500)


def phone_routes(phones: Phones, forward: Callable[[Text], None]) -> list[Route]:
    """GET /phones, and POST /replies, which hands what was typed to `forward`."""

    def list_phones(_: Request) -> Response:
        return JSONResponse(
            [
                {"number": number, "texts": [{"at": text.at.isoformat(), "mine": text.mine, "text": text.text} for text in texts]}
                for number, texts in phones.all().items()
            ]
        )

    async def answer(request: Request) -> Response:
        typed = Answer.model_validate_json(await request.body())
        try:
            forward(phones.answer(typed.phone, typed.text))
        except KeyError:
            return JSONResponse({"code": "NO_SUCH_PHONE"}, status_code=404)
        return JSONResponse({"code": "OK"}, status_code=202)

    return [Route("/phones", list_phones), Route("/replies", answer, methods=["POST"])]


def fault_routes(faults: Faults) -> list[Route]:
    """POST, GET and DELETE /faults."""

    def list_faults(_: Request) -> Response:
        return JSONResponse({name: fault.model_dump() for name, fault in faults.all().items()})

    async def set_faults(request: Request) -> Response:
        try:
            faults.set(WISHES.validate_json(await request.body()))
        except ValueError as error:
            return JSONResponse({"code": "INVALID", "detail": str(error)}, status_code=422)
        return list_faults(request)

    def heal(request: Request) -> Response:
        faults.heal()
        return list_faults(request)

    return [
        Route("/faults", set_faults, methods=["POST"]),
        Route("/faults", list_faults, methods=["GET"]),
        Route("/faults", heal, methods=["DELETE"]),
    ]


def answer_invalid(_: Request, error: Exception) -> Response:
    """Say what is wrong with a body."""
    assert isinstance(error, ValidationError)
    wrong = error.errors(include_input=False, include_url=False)
    return JSONResponse({"code": "isv.INVALID_PARAMETERS", "detail": wrong}, status_code=422)
