"""What did not fit at the door is listed until staff say that they looked at it; sheets are printed through the interface too."""

from __future__ import annotations

from datetime import timedelta

from services.registration.features.cancel import Cancel, cancel
from services.registration.tables import Session
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up
from tests.registration.test_offline import API, STAFF, bring, conflicts, entry, take_list


def what_does_not_fit(bench: Bench) -> tuple[Session, str]:
    """Somebody gave their place back and came all the same, to a device without network; the scan's name."""
    session = a_session(bench)
    registration = sign_up(bench, session, a_resident(bench, "王秀珍"))
    door_pass = take_list(bench, session)["pass"]
    bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))
    bench.at(WEDNESDAY + timedelta(hours=1))
    came = entry(1, registration_id=registration.id)
    bring(bench, session, door_pass, came)
    return session, str(came.nonce)


def test_who_looked_when_and_what_they_found_is_kept_and_the_scan_leaves_the_list(bench: Bench) -> None:
    session, nonce = what_does_not_fit(bench)
    path = f"/registration/desk/sessions/{session.id}"
    clerk = bench.client("clerk", id=STAFF, browser=True)
    assert f"{path}/conflicts" in clerk.get(path).text
    assert "看过了，处理好了" in clerk.get(f"{path}/conflicts").text
    assert clerk.post(f"{path}/conflicts", data={"nonce": nonce, "note": "问过𠮷老师，本人来了🌸"}).status_code == 303
    assert conflicts(bench, session) == []
    shown = clerk.get(f"{path}/conflicts").text
    assert ("没有对不上的" in shown, "问过𠮷老师，本人来了🌸" in shown, "王**" in shown) == (True, True, True)
    assert f"{path}/conflicts" not in clerk.get(path).text
    assert "老师" not in bench.query("SELECT note FROM settlement")[0][0]
    again = clerk.post(f"{path}/conflicts", data={"nonce": nonce})
    assert (again.status_code, "可能已经有人处理过了" in again.text) == (404, True)


def test_the_interface_settles_lists_and_refuses(bench: Bench) -> None:
    other = a_session(bench)
    session, nonce = what_does_not_fit(bench)
    clerk, path = bench.client("clerk", id=STAFF), f"{API}/sessions/{session.id}"
    assert clerk.post(f"{path}/conflicts/{new_id()}/settle", json={}).json()["code"] == "nothing_to_settle"
    assert clerk.post(f"{API}/sessions/{other.id}/conflicts/{nonce}/settle", json={}).status_code == 404
    assert clerk.post(f"{path}/conflicts/{nonce}/settle", json={"note": "长" * 201}).status_code == 422
    assert bench.client("resident").post(f"{path}/conflicts/{nonce}/settle", json={}).status_code == 403
    done = clerk.post(f"{path}/conflicts/{nonce}/settle", json={"note": "问过了"})
    assert (done.status_code, done.json()["verdict"], done.json()["settled_by"]) == (201, "cancelled", str(STAFF))
    assert clerk.get(f"{path}/conflicts").json() == []
    assert [(each["nonce"], each["note"]) for each in clerk.get(f"{path}/settled").json()] == [(nonce, "问过了")]


def test_a_sheet_is_made_listed_and_read_through_the_interface(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session, a_resident(bench, "王秀珍"))
    clerk, path = bench.client("clerk", id=STAFF), f"{API}/sessions/{session.id}/sheets"
    made = clerk.post(path)
    assert (made.status_code, [row["name"] for row in made.json()["rows"]]) == (201, ["王秀珍"])
    sheet = made.json()["sheet"]
    assert clerk.get(path).json() == [sheet]
    assert clerk.get(f"{API}/sheets/{sheet['id']}").json() == made.json()
    bench.at(WEDNESDAY)
    scan = {"row": made.json()["rows"][0]["code"], "sheet_id": sheet["id"], "way": "paper"}
    came = clerk.post(f"{API}/sessions/{session.id}/scans", json=scan)
    assert (came.status_code, came.json()["registration"]["id"]) == (200, str(registration.id))
    assert clerk.post(f"{API}/sessions/{new_id()}/sheets").status_code == 404
    assert clerk.get(f"{API}/sheets/{new_id()}").status_code == 404
    assert bench.client("resident").get(f"{API}/sheets/{sheet['id']}").status_code == 403
