"""What the rush for places is measured against: a bare FastAPI and one psycopg transaction, a row lock, an insert, an update.

It knows no residents, log-ins, rules, keys or events, and tells nobody anything: less than the product does.
"""

import os
import threading
from uuid import UUID

import psycopg
from fastapi import FastAPI
from pydantic import BaseModel

URL = os.environ["DATABASE_URL"].replace("+psycopg", "")
app = FastAPI()
local = threading.local()


class Wish(BaseModel):
    """Who wants a place in what."""

    session_id: UUID
    resident_id: UUID


@app.post("/registrations")
def post_registration(wish: Wish) -> dict[str, str]:
    """Give a place if there is one, else a number in the line."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(URL)
    with local.connection.transaction():
        cursor = local.connection.execute("SELECT capacity, taken, queued FROM slot WHERE id = %s FOR UPDATE", (wish.session_id,))
        capacity, taken, queued = cursor.fetchone()
        number = queued + 1 if taken >= capacity else None
        local.connection.execute(
            "INSERT INTO sign_up (session_id, resident_id, queue) VALUES (%s, %s, %s)",
            (wish.session_id, wish.resident_id, number),
        )
        local.connection.execute(
            "UPDATE slot SET taken = taken + %s, queued = queued + %s WHERE id = %s",
            (int(number is None), int(number is not None), wish.session_id),
        )
    return {"state": "confirmed" if number is None else "waitlisted"}
