"""Residents: their number is theirs alone and readable by nobody else; their consents are on record."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.registration.features import problems
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.mobile import as_mobile
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.tables import Consent, Resident
from shared import clock
from shared.contracts.registration import ConsentChanged, ResidentRegistered
from shared.crypto import Keyring
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import STREET, a_resident


def test_a_resident_is_told_of_with_a_number_that_only_notify_can_read(bench: Bench) -> None:
    resident = a_resident(bench, phone="138 0013 8000", consents=frozenset({"texts"}))
    (told,) = bench.said
    assert isinstance(told, ResidentRegistered)
    assert (told.resident_id, told.street, told.consents) == (resident.id, STREET, ("texts",))
    assert Keyring(bench.service.settings.keys, "notify").unseal(told.phone) == "+8613800138000"


def test_name_and_number_are_kept_encrypted(bench: Bench) -> None:
    resident = a_resident(bench, name="欧阳春兰", phone="13800138000")
    kept = repr(bench.query("SELECT * FROM resident"))
    assert "欧阳" not in kept
    assert "138001" not in kept
    assert bench.service.keys.decrypt(bench.get(Resident, resident.id).name, "resident.name") == "欧阳春兰"


def test_the_same_number_is_registered_once_however_it_is_typed(bench: Bench) -> None:
    a_resident(bench, phone="13800138000")
    with pytest.raises(problems.PhoneTaken) as refused:
        a_resident(bench, phone="+86 138-0013-8000")
    assert "直接报名" in refused.value.detail


def test_any_number_of_people_may_have_no_phone(bench: Bench) -> None:
    for name in ("王秀珍", "李国强"):
        a_resident(bench, name=name, phone="")
    assert [resident.phone for resident in bench.all(Resident)] == ["", ""]


@pytest.mark.parametrize(
    "typed", ["13800138000", "138 0013 8000", "+8613800138000", "0086 138 0013 8000", "１３８００１３８０００"]
)
def test_mobiles_are_understood_as_people_type_them(typed: str) -> None:
    assert as_mobile(typed) == "+8613800138000"


@pytest.mark.parametrize("typed", ["021-63281234", "+852 5123 4567", "1380013800", "12345", "abc", "138001380001", "110"])
def test_a_phone_that_takes_no_texts_is_no_phone(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RegisterResident(name="王秀珍", phone=typed, street=STREET)
    assert "11位" in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "given", [{"name": " "}, {"name": "<b>"}, {"street": "老西门"}, {"birth_year": 1850}, {"consents": ["all"]}]
)
def test_what_cannot_be_right_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RegisterResident.model_validate({"name": "王秀珍", "street": STREET, **given})


def test_a_consent_withdrawn_and_given_again_leaves_its_history(bench: Bench) -> None:
    resident = a_resident(bench, consents=frozenset({"texts"}))
    wish = ChangeConsent(resident_id=resident.id, purpose="texts", given=False, channel="web")
    assert bench.run(change_consent, wish)
    (told,) = bench.said
    assert isinstance(told, ConsentChanged)
    assert (told.resident_id, told.purpose, told.given, told.channel) == (resident.id, "texts", False, "web")
    assert (told.by, told.wording) == (resident.id, "2021-05")
    assert told.at == clock.now() + timedelta(microseconds=1), "later than the consent, though the clock stands"
    assert not bench.run(change_consent, wish)
    assert bench.said == []
    bench.run(change_consent, wish.model_copy(update={"given": True}))
    assert sorted((consent.withdrawn_at is None, consent.channel) for consent in bench.all(Consent)) == [
        (False, "staff"),
        (True, "web"),
    ]


def test_nobody_unknown_consents(bench: Bench) -> None:
    with pytest.raises(problems.UnknownResident):
        bench.run(change_consent, ChangeConsent(resident_id=new_id(), purpose="texts", given=True, channel="web"))


def test_registering_the_same_number_at_once_leaves_one_resident(bench: Bench) -> None:
    wish = RegisterResident(name="王秀珍", phone="13800138000", street=STREET)
    refused: list[BaseException] = []

    def second_clerk() -> None:
        try:
            with bench.service.begin() as unit:
                register_resident(wish, unit)
        except BaseException as error:
            refused.append(error)

    with bench.service.begin() as unit:
        register_resident(wish, unit)
        thread = threading.Thread(target=second_clerk)
        thread.start()
        while not bench.query("SELECT 1 FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
    thread.join()
    assert [type(error) for error in refused] == [problems.PhoneTaken]
    assert len(bench.all(Resident)) == 1
