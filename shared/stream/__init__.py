"""Server-sent events: `follow` for staff consoles (exact, resumable, authorised), `Hub` for rooms of thousands (a shared frame).

Both speak the same way. Every event has `id: <epoch>:<position>`. A browser that comes back with `Last-Event-ID`, or first comes
with `?after=` from the page it holds, is told strictly what follows. Where that is no longer kept, or is of another epoch, it is
told `reset`, whose id is the present end: it loads the page again and goes on from there. A stream ends by itself after a quarter
of an hour, so that no proxy keeps a dead one and every reader is authorised anew.

A console, in a service's `pages.py`::

    WAKE = Wake(probe=last_position)                # one cheap query every half second per process

    @router.get("/reports/console/stream")
    def stream_console(request: Request, staff: StaffDep) -> Response:
        feed = Feed(epoch=EPOCH, bounds=bounds_of(staff), read=reader_for(staff))
        return follow(request, feed, person=str(staff.id), wake=WAKE)

and in its template `<ol hx-sse:connect="/reports/console/stream?after={{ epoch }}:{{ position }}" hx-swap="afterbegin">`. Unnamed
events hold HTML, which htmx swaps in.

A room: `hub = Hub(source=state_of_the_room)`, then `app.add_route("/registration/live/31", hub)`.
"""

from shared.stream.feed import Feed, Seats, Wake, follow
from shared.stream.frames import Pace
from shared.stream.hub import Hub

__all__ = ["Feed", "Hub", "Pace", "Seats", "Wake", "follow"]
