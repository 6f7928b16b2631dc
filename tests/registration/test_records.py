"""What is written down of a resident: kept from other eyes, corrected on record, agreed to word for word."""

from __future__ import annotations

import pytest

from services.registration.features import problems
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.change_resident import ChangeResident, change_resident
from services.registration.features.wordings import WORDINGS, wording_of
from services.registration.tables import AccessNote, Consent, Resident
from shared.contracts.registration import ResidentChanged, ResidentRegistered
from shared.crypto import Keyring
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import STREET, a_resident
from tests.registration.test_carers import browser, staff

ID, OTHER_ID = "11010519491231002X", "440524198001010013"


def test_birth_year_and_sex_are_read_from_the_identity_number(bench: Bench) -> None:
    resident = a_resident(bench, id_number="1101 0519 4912 3100 2x")
    assert (resident.birth_year, resident.sex) == (1949, "female")
    assert bench.service.keys.decrypt(resident.id_number, "resident.id_number") == ID
    for given in ({"birth_year": 1950}, {"sex": "male"}):
        with pytest.raises(problems.DoesNotFitIdNumber):
            a_resident(bench, id_number=ID, phone="", **given)


def test_an_identity_number_is_registered_once_and_a_wrong_one_never(bench: Bench) -> None:
    a_resident(bench, id_number=ID)
    with pytest.raises(problems.IdNumberTaken):
        a_resident(bench, id_number=ID.lower())
    with pytest.raises(problems.WrongIdNumber) as refused:
        a_resident(bench, id_number="110105194912310021")
    assert "一位一位核对" in refused.value.detail
    assert len(bench.all(Resident)) == 1


def test_notify_learns_how_to_reach_somebody_and_nobody_else_does(bench: Bench) -> None:
    resident = a_resident(bench, name="王秀珍", phone="", landline="6328 1234", needs=frozenset({"call_not_text"}))
    (told,) = bench.said
    assert isinstance(told, ResidentRegistered)
    notify = Keyring(bench.service.settings.keys, "notify")
    assert (notify.unseal(told.name), notify.unseal(told.landline), told.calls) == ("王秀珍", "+862163281234", True)
    bench.run(change_resident, ChangeResident(resident_id=resident.id, phone="13800138000", needs=frozenset(), by=staff()))
    (changed,) = bench.said
    assert isinstance(changed, ResidentChanged)
    assert (notify.unseal(changed.phone), notify.unseal(changed.name), changed.calls) == ("+8613800138000", "王秀珍", False)


def test_a_correction_changes_what_it_names_and_is_noted(bench: Bench) -> None:
    resident = a_resident(bench, name="王秀珍", phone="13800138000", id_number=ID)
    bench.run(
        change_resident,
        ChangeResident(resident_id=resident.id, neighbourhood="小桃园居委", needs=frozenset({"wheelchair"}), by=staff()),
    )
    now = bench.get(Resident, resident.id)
    assert (now.neighbourhood, now.needs, now.id_mark, now.birth_year) == ("小桃园居委", ["wheelchair"], resident.id_mark, 1949)
    assert (now.phone, now.id_number) == (resident.phone, resident.id_number)
    assert [line.action for line in bench.all(AccessNote)] == ["changed"]
    bench.run(change_resident, ChangeResident(resident_id=resident.id, phone="", id_number="", by=staff()))
    now = bench.get(Resident, resident.id)
    assert (now.phone, now.phone_mark, now.id_number, now.id_mark) == ("", None, "", None)


def test_a_correction_that_cannot_be_changes_nothing(bench: Bench) -> None:
    a_resident(bench, phone="13800138000", id_number=ID)
    mine = a_resident(bench, name="李国强", phone="13900139000")

    def refused(refusal: type[Exception], **given: object) -> None:
        with pytest.raises(refusal):
            bench.run(change_resident, ChangeResident(resident_id=mine.id, name="别人", by=staff(), **given))

    refused(problems.PhoneTaken, phone="13800138000")
    refused(problems.IdNumberTaken, id_number=ID)
    refused(problems.WrongIdNumber, id_number="110105491231002")
    refused(problems.DoesNotFitIdNumber, id_number=OTHER_ID, birth_year=1981)
    assert bench.get(Resident, mine.id) == mine
    with pytest.raises(problems.UnknownResident):
        bench.run(change_resident, ChangeResident(resident_id=new_id(), by=staff()))


def test_a_consent_names_the_words_that_were_agreed_to_and_who_wrote_it_down(bench: Bench) -> None:
    clerk = staff()
    resident = a_resident(bench, consents=frozenset({"texts"}), given_by=clerk.id)
    (consent,) = bench.all(Consent)
    assert (consent.wording, consent.given_by) == (wording_of("texts").mark, clerk.id)
    bench.run(change_consent, ChangeConsent(resident_id=resident.id, purpose="texts", given=False, channel="web"))
    bench.run(change_consent, ChangeConsent(resident_id=resident.id, purpose="job_file", given=True, channel="staff", by=clerk))
    now = {consent.purpose: consent for consent in bench.all(Consent)}
    assert (now["texts"].withdrawn_by, now["job_file"].given_by) == (resident.id, clerk.id)
    assert [line.action for line in bench.all(AccessNote)] == ["consent_changed"]


def test_a_wording_that_was_shown_never_changes() -> None:
    assert {f"{wording.purpose} {wording.version}": wording.mark[:12] for wording in WORDINGS} == {
        "texts 2021-05": "590b191e32bf",
        "health_readings 2021-05": "15fd77579c3b",
        "doctor_sharing 2021-05": "53368ed7b925",
        "photo_name 2021-05": "f6a3b12212f9",
        "job_file 2021-05": "9d2369e4af24",
    }


def test_staff_see_a_record_in_clear_only_for_a_reason_that_the_person_reads(bench: Bench) -> None:
    resident = a_resident(bench, name="王秀珍", phone="13800138000", id_number=ID, landline="63281234")
    clerk = bench.client("clerk", browser=True)
    path = f"/registration/residents/{resident.id}"
    masked = clerk.get(path).text
    assert "110***********002X" in masked
    assert not [word for word in ("秀珍", "13800138000", ID) if word in masked]
    refused = clerk.post(path, data={"why": " "})
    assert (refused.status_code, "为什么要看" in refused.text, "秀珍" in refused.text) == (422, True, False)
    whole = clerk.post(path, data={"why": "核对医保"}).text
    assert [word in whole for word in ("王秀珍", "13800138000", ID, "63281234")] == [True] * 4
    looked = browser(bench, resident).get("/registration/looked").text
    assert "看了全部资料" in looked
    assert "核对医保" in looked
    assert "社区工作人员" in looked


def test_the_form_of_somebody_new_says_what_is_wrong_where_it_is_wrong(bench: Bench) -> None:
    clerk = bench.client("clerk", browser=True)
    form = {
        "name": "王秀珍",
        "street": STREET,
        "id_number": "110105194912310021",
        "landline": "63281234",
        "needs": ["wheelchair"],
    }
    wrong = clerk.post("/registration/residents/new", data=form)
    assert (wrong.status_code, "一位一位核对" in wrong.text, 'id="id_number-error"' in wrong.text) == (422, True, True)
    contradiction = clerk.post("/registration/residents/new", data=form | {"id_number": ID, "sex": "male"})
    assert (contradiction.status_code, 'id="sex-error"' in contradiction.text) == (422, True)
    emoji = clerk.post("/registration/residents/new", data=form | {"name": "王😀", "id_number": ""})
    assert "表情符号" in emoji.text
    made = clerk.post("/registration/residents/new", data=form | {"id_number": ID})
    assert made.status_code == 303
    assert "坐轮椅" in clerk.get(made.headers["location"]).text


def test_staff_correct_a_record_on_its_page(bench: Bench) -> None:
    resident = a_resident(bench, name="王秀珍", phone="13800138000")
    clerk, path = bench.client("clerk", browser=True), f"/registration/residents/{resident.id}"
    form = {"name": "", "phone": "", "street": STREET, "neighbourhood": "小桃园", "birth_year": "1947", "sex": "female"}
    assert clerk.post(f"{path}/edit", data=form).status_code == 303
    now = bench.get(Resident, resident.id)
    assert (now.phone_mark, now.neighbourhood, now.birth_year, now.sex) == (resident.phone_mark, "小桃园", 1947, "female")
    assert clerk.post(f"{path}/edit", data=form | {"gone": "phone"}).status_code == 303
    assert bench.get(Resident, resident.id).phone == ""
    wrong = clerk.post(f"{path}/edit", data=form | {"phone": "12345"})
    assert (wrong.status_code, "11位数字" in wrong.text) == (422, True)
    assert clerk.get(f"/registration/residents/{new_id()}").status_code == 404
