"""Answers to whole forms that are right in every field; the people and firms are invented."""

from typing import Any

from policies.checks import id_check_character, uscc_check_character

PERSON_ITEMS = ("P01", "P03", "P05", "P06", "P07", "P08", "P10", "P11", "P12")
ENTERPRISE_ITEMS = ("E01", "E02", "E03", "E04", "E05", "E06", "E07")


def resident_id(body: str = "33019919971203501") -> str:
    return body + id_check_character(body)


def uscc(body: str = "91330199MA2HTEXT0") -> str:
    return body + uscc_check_character(body)


def person_answers(**changes: Any) -> dict[str, Any]:
    """Return a graduate's answers to every field that the personal items ask."""
    return {
        "p_name": "沈一舟",
        "p_id_type": "01",
        "p_id_no": resident_id(),
        "p_gender": "1",
        "p_birth": "1997-12-03",
        "p_ethnic": "01",
        "p_marital": "10",
        "p_mobile": "13900000001",
        "p_hukou": "340102",
        "p_address": "杭州市西湖区文三路 1 号 2 幢 301 室",
        "p_edu": "21",
        "p_degree": "4",
        "p_school": "浙江大学",
        "p_major": "软件工程",
        "p_grad_date": "2020-06-30",
        "p_diploma_no": "103351202005000001",
        "p_employer": "杭州某某科技有限公司",
        "p_employer_uscc": uscc(),
        "p_bank": {"bank": "杭州银行文三支行", "account": "6222021999000000010"},
        "contract_start": "2020-07-01",
        "contract_end": "2022-06-30",
        "monthly_wage": "8000.00",
        "settle_type": "人才市场集体户",
        "settle_address": "杭州市西湖区文三路 1 号",
        "qualify_route": "本科及以上",
        "residence_reg_no": "330106202000001",
        "archive_from": "浙江大学档案馆",
        "archive_to": "市人才服务局",
        "card_bank": "杭州银行",
        "delivery_address": "杭州市西湖区文三路 1 号",
        "overseas": False,
        "dispatch": False,
        "family_income_pc": "48000",
        "lease_no": "HZ20200701001",
        "lease_rent": "2500.00",
        "lease_start": "2020-07-01",
        "lease_end": "2021-06-30",
        "project_name": "校园快递共享柜",
        "track": "创意组",
        "first_startup": True,
        "loan_amount": "30",
        "loan_use": "购置设备",
        "loan_months": 24,
        "project_kind": "研发",
        **changes,
    }


def enterprise_answers(**changes: Any) -> dict[str, Any]:
    """Return a graduate firm's answers to every field that the enterprise items ask."""
    worker = {
        "name": "周小满",
        "id_no": resident_id("33019919950418602"),
        "contract_start": "2019-09-01",
    }
    return {
        "e_name": "杭州某某科技有限公司",
        "e_uscc": uscc(),
        "e_type": "1100",
        "e_established": "2019-03-01",
        "e_capital": "50.00",
        "e_reg_address": "杭州市西湖区文三路 1 号",
        "e_reg_division": "330106",
        "e_biz_address": "杭州市西湖区文三路1号",
        "e_industry": "I6510",
        "e_scope": "软件开发",
        "e_legal_name": "陈知远",
        "e_legal_id": resident_id("33019919950822104"),
        "e_legal_mobile": "13900000002",
        "e_legal_edu": "21",
        "e_legal_school": "杭州电子科技大学",
        "e_legal_grad": "2017-06-30",
        "e_team_equity": "60",
        "e_staff": 6,
        "e_insured": 5,
        "e_revenue": "120.50",
        "e_tax": "3",
        "e_bank_name": "杭州银行文三支行",
        "e_bank_account": "330101999000001",
        "e_contact": "陈知远",
        "e_contact_mobile": "13900000002",
        "project_name": "校园快递共享柜",
        "grade_applied": "5",
        "contest_award": "无",
        "lease_area": "80",
        "rent_paid": "36000",
        "lease_year": "1",
        "deposit_ratio": "8",
        "first_month": "2020-07",
        "hires": [{**worker, "mobile": "13900000003", "insured_since": "2019-09"}],
        "course": "创业启蒙班",
        "graduates": [{**worker, "school": "浙江大学", "grad_date": "2019-06-30"}],
        "period": {"start": "2020-01", "end": "2020-06"},
        **changes,
    }
