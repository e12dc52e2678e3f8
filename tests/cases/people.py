"""Synthetic people and enterprises: answers that pass every check of the dictionary."""

from typing import Any

from policies.schema import Catalogue

# Division 330199 was never given out, so no living person has one of these numbers.
GRADUATE_ID = "330199199712035012"
FOUNDER_ID = "330199199508221045"

GRADUATE: dict[str, Any] = {
    "p_name": "陈晓明",
    "p_id_type": "01",
    "p_id_no": GRADUATE_ID,
    "p_gender": "1",
    "p_birth": "1997-12-03",
    "p_ethnic": "01",
    "p_marital": "10",
    "p_mobile": "13800000001",
    "p_hukou": "360102",
    "p_address": "杭州市西湖区文新街道示例路 18 号",
    "p_edu": "21",
    "p_degree": "4",
    "p_school": "示例大学",
    "p_major": "软件工程",
    "p_grad_date": "2026-06-30",
    "p_diploma_no": "103351202605000001",
    "p_employer": "杭州示例科技有限公司",
    "p_employer_uscc": "91330199MA2HTEXT00",
    "p_bank": {"bank": "工商银行杭州分行", "account": "6222021999000000010"},
    "contract_start": "2026-07-01",
    "contract_end": "2028-06-30",
    "monthly_wage": "12000.00",
    "settle_type": "单位集体户",
    "settle_address": "杭州市西湖区文新街道集体户 1 号",
    "qualify_route": "本科及以上",
    "residence_reg_no": "330106202600001",
    "archive_from": "示例大学档案馆",
    "archive_to": "市人才服务局",
    "card_bank": "工商银行",
    "delivery_address": "杭州市西湖区文新街道示例路 18 号",
    "overseas": False,
    "dispatch": False,
    "family_income_pc": "48000.00",
    "lease_no": "HZ2026000001",
    "lease_rent": "3200.00",
    "lease_start": "2026-07-01",
    "lease_end": "2027-06-30",
    "project_name": "示例项目",
    "track": "创意组",
    "team": [],
    "first_startup": True,
    "loan_amount": "30",
    "loan_use": "购买设备",
    "loan_months": 24,
    "project_kind": "研发",
}

ENTERPRISE: dict[str, Any] = {
    "e_name": "杭州示例创意有限公司",
    "e_uscc": "91330199MA2HTEXT13",
    "e_type": "1100",
    "e_established": "2025-09-01",
    "e_capital": "100.00",
    "e_reg_address": "杭州市滨江区长河街道示例路 1 号",
    "e_reg_division": "330108",
    "e_biz_address": "杭州市滨江区长河街道示例路 1 号",
    "e_industry": "I6510",
    "e_scope": "软件开发",
    "e_legal_name": "林晚舟",
    "e_legal_id": FOUNDER_ID,
    "e_legal_mobile": "13800000002",
    "e_legal_edu": "21",
    "e_legal_school": "示例大学",
    "e_legal_grad": "2023-06-30",
    "e_team_equity": "60",
    "e_staff": 5,
    "e_insured": 4,
    "e_revenue": "50.00",
    "e_tax": "1.20",
    "e_bank_name": "杭州银行滨江支行",
    "e_bank_account": "33010401600000001",
    "e_contact": "周远",
    "e_contact_mobile": "13800000003",
    "grade_applied": "5",
    "contest_award": "无",
    "lease_area": "80",
    "rent_paid": "60000",
    "lease_year": "1",
    "deposit_ratio": "12",
    "first_month": "2026-12",
    "honours": "",
    "course": "创业实训班",
    "project_name": "示例项目",
    "hires": [
        {
            "name": "陈晓明",
            "id_no": GRADUATE_ID,
            "mobile": "13800000001",
            "contract_start": "2026-07-01",
            "insured_since": "2026-07",
        }
    ],
    "graduates": [
        {
            "name": "陈晓明",
            "id_no": GRADUATE_ID,
            "school": "示例大学",
            "grad_date": "2026-06-30",
            "contract_start": "2026-07-01",
        }
    ],
    "period": {"start": "2026-07", "end": "2026-10"},
}


def answers_for(catalogue: Catalogue, codes: list[str], **changes: Any) -> dict[str, Any]:
    """Return valid answers to exactly the fields that the items ask, with some changed."""
    person = catalogue.items[codes[0]].applicant == "person"
    known = GRADUATE if person else ENTERPRISE
    asked = {element.code for element in catalogue.fields_of(codes)}
    return {code: value for code, value in (known | changes).items() if code in asked}
