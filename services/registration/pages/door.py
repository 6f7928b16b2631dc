"""The door: the staff's page that works without network, the code on the wall, and what residents see who scan it."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import FileResponse, Response

from services.registration.api.places import for_whom
from services.registration.api.presence import at_the_wall, checked_in
from services.registration.domain.presence import Direction
from services.registration.features.door_codes import been_at_the_wall, is_on_the_wall, wall_code, was_at_the_wall
from services.registration.features.places import active
from services.registration.features.verdicts import WORDS, refusal
from services.registration.pages.rendering import pages, qr, see
from services.registration.projections.places import cared_for
from services.registration.projections.presence import inside
from services.registration.tables import Registration, Session
from shared.http import PrincipalDep, ResidentDep, StaffDep, UnitDep, service_of
from shared.unit import Unit
from shared.web import phrase
from shared.web.static_files import FOLDER

router = APIRouter()

NOTE = "jiamenkou_wall"
"""The cookie that says somebody has just scanned the code on the wall."""
NOTE_SECONDS = 600

SAID = {
    "in": phrase("进来了"),
    "out": phrase("出去了"),
    "inside": phrase("在里面"),
    "expected": phrase("还没到"),
    "waiting": phrase("候补"),
    "check_in": phrase("签到"),
    "leave": phrase("签退"),
    "let_in": phrase("仍然放行"),
    "online": phrase("有网络，随时存好"),
    "offline": phrase("没有网络，先记在这台设备上"),
    "not_listed": phrase("名单上没有这张码，可能是刚报的名。"),
    "no_list": phrase("这台设备上还没有名单，请先在有网络的地方打开一次。"),
    "no_camera": phrase("打不开摄像头，请在设置里允许，或输入号码。"),
    "forged": phrase("名单的签名不对，没有使用。请刷新这一页。"),
    "log_in": phrase("登录已经过期，请重新登录；记下的都还在。"),
}


@router.get("/desk/door/worker.js")
def get_worker() -> Response:
    """The worker that keeps the door pages; served here so that it has power over them alone."""
    return FileResponse(FOLDER / "door-worker.js", media_type="text/javascript", headers={"cache-control": "no-cache"})


@router.get("/desk/door/{session_id}")
def show_door(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """The door of one session, on a phone or tablet."""
    return pages.render(request, "door.html", session=unit.get(Session, session_id), words={**WORDS, **SAID})


@router.get("/desk/sessions/{session_id}/wall")
def show_wall(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """The code on the wall, for a tablet at the entrance."""
    return _wall(request, session_id, unit, "wall.html")


@router.get("/desk/sessions/{session_id}/wall/code")
def show_wall_code(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """The code alone, asked for every few seconds."""
    return _wall(request, session_id, unit, "wall_code.html")


class AtTheWall(NamedTuple):
    """Somebody who may be checked in from this phone: its owner (without a name), or whom they bring."""

    id: UUID
    name: str
    place: Registration | None

    @property
    def here_now(self) -> bool:
        """Whether they came and have not left."""
        return self.place is not None and self.place.checked_in_at is not None and self.place.left_at is None


@router.get("/door/{session_id}")
def show_way_in(request: Request, session_id: UUID, principal: PrincipalDep, unit: UnitDep, c: str = "") -> Response:
    """Where the code on the wall leads: who has just scanned it may log in first, then says that they are here."""
    session = unit.get(Session, session_id)
    path = f"/registration/door/{session_id}"
    if c and is_on_the_wall(c[:100], session_id, unit.now, unit.keys):
        answer = see(path)
        note = been_at_the_wall(session_id, unit.now, unit.keys)
        answer.set_cookie(NOTE, note, max_age=NOTE_SECONDS, path=path, httponly=True, samesite="lax")
        return answer
    if principal is None:
        return see(f"/registration/login?next={path}")
    return _way_in(request, session, principal.id, unit)


@router.post("/door/{session_id}")
def come_or_go(
    request: Request,
    session_id: UUID,
    resident: ResidentDep,
    unit: UnitDep,
    direction: Annotated[Direction, Form()] = "entry",
    who: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Check oneself in, or out, or somebody one acts for."""
    seen = request.cookies.get(NOTE, "")[:100]
    whom = for_whom(resident, who, unit)
    done = checked_in(at_the_wall(session_id, resident, seen, direction, whom=whom), resident, unit)
    if refusal(done) is not None:
        unit.session.flush()
        session = unit.get(Session, session_id)
        return _way_in(request, session, resident.id, unit, fault=WORDS[done.verdict], status_code=409)
    return see(f"/registration/door/{session_id}")


def _way_in(
    request: Request, session: Session, resident_id: UUID, unit: Unit, *, fault: str | None = None, status_code: int = 200
) -> Response:
    named = [(resident_id, ""), *cared_for(resident_id, unit)]
    return pages.render(
        request,
        "way_in.html",
        session=session,
        people=[AtTheWall(id, name, active(session.id, id, unit)) for id, name in named],
        fresh=was_at_the_wall(request.cookies.get(NOTE, "")[:100], session.id, unit.now, unit.keys),
        fault=fault,
        status_code=status_code,
    )


def _wall(request: Request, session_id: UUID, unit: Unit, template: str) -> Response:
    session = unit.get(Session, session_id)
    code = wall_code(session_id, unit.now, unit.keys)
    address = f"{service_of(request).settings.public_url}/registration/door/{session_id}?c={code}"
    return pages.render(request, template, session=session, qr=qr(address), inside=inside(session_id, unit))
