"""What is known is filled in with its source, and never over what the applicant saved."""

from collections.abc import Callable

from cases import drafting
from cases.models import Case
from cases.pages import filling, prefill
from policies.models import OneThing
from portal.accounts.models import User
from tests.cases.people import GRADUATE_ID


def begun(talent: User, one_thing: OneThing, *codes: str) -> Case:
    return drafting.start(applicant=talent, one_thing=one_thing, kind="person", codes=codes)


def entry(case: Case, code: str) -> dict[str, object]:
    sections = filling.page(case)["sections"]
    return next(
        entry
        for section in sections
        for entry in section["entries"]
        if entry["element"].code == code
    )


def test_sign_in_gives_name_and_phone(talent: User, one_thing: OneThing) -> None:
    case = begun(talent, one_thing, "P01")

    (box,) = entry(case, "p_mobile")["boxes"]
    assert box.value() == "13800000001"
    assert entry(case, "p_mobile")["source"] == "登录账号"


def test_an_id_number_states_gender_and_birth() -> None:
    known = prefill.from_id_number({"p_id_no": GRADUATE_ID.lower(), "p_id_type": "01"})

    assert {code: one.value for code, one in known.items()} == {
        "p_gender": "1",
        "p_birth": "1997-12-03",
    }


def test_a_wrong_number_or_another_document_states_nothing() -> None:
    assert prefill.from_id_number({"p_id_no": GRADUATE_ID[:-1] + "0"}) == {}
    assert prefill.from_id_number({"p_id_no": "1234"}) == {}
    assert prefill.from_id_number({"p_id_no": GRADUATE_ID, "p_id_type": "04"}) == {}


def test_an_earlier_case_fills_the_next_one(
    talent: User, one_thing: OneThing, submitted: Callable[..., Case]
) -> None:
    submitted("P05")

    school = entry(begun(talent, one_thing, "P07"), "p_school")

    assert school["boxes"][0].value() == "示例大学"
    assert "提交的申请" in school["source"]


def test_a_strangers_case_fills_nothing(
    stranger: User, one_thing: OneThing, submitted: Callable[..., Case]
) -> None:
    submitted("P05")

    school = entry(begun(stranger, one_thing, "P07"), "p_school")

    assert school["boxes"][0].value() is None
    assert school["source"] == ""


def test_what_was_saved_as_empty_stays_empty(talent: User, one_thing: OneThing) -> None:
    case = begun(talent, one_thing, "P01")
    case = drafting.save(case_id=case.pk, actor=talent, answers={"p_name": ""})

    name = entry(case, "p_name")

    assert name["boxes"][0].value() == ""
    assert name["source"] == ""
