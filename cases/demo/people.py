"""Synthetic applicants of the demonstration (示例申请人): people and firms that do not exist.

ID numbers begin with 330199, a division nobody is born in; phones are of the reserved 138000 block.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cases import districts
from policies.checks import id_check_character, id_gender, luhn_holds, uscc_check_character
from portal.accounts.demo import APPLICANTS

FAMILY_NAMES = "王李张刘杨黄赵吕孙马朱胡郭罗高梁谢唐许邓冯曹彭曾萧田董潘袁蔡蒋余"
GIVEN_NAMES = (
    "思齐 雨桐 子涵 嘉怡 浩然 梓萱 宇轩 欣妍 俊杰 诗涵 文轩 静怡 一鸣 可欣 泽宇 佳宁 "
    "晨曦 若彤 天佑 语嫣 景行 书瑶 云帆 清越 望舒 知远 怀瑾 映雪 承宇 念安 安澜 南乔"
).split()
SCHOOLS = (
    "浙江大学",
    "杭州电子科技大学",
    "浙江工业大学",
    "中国美术学院",
    "宁波大学",
    "浙江理工大学",
)
MAJORS = ("计算机科学与技术", "机械工程", "视觉传达设计", "金融学", "生物工程", "土木工程")
STREETS = (
    "西湖区文三路",
    "拱墅区莫干山路",
    "上城区解放路",
    "滨江区江南大道",
    "余杭区文一西路",
    "萧山区市心路",
)
HUKOU = ("330782", "341102", "360102", "410105", "320505", "430104")
EMPLOYERS = (
    "杭州云栖数据技术有限公司",
    "杭州钱塘智能装备有限公司",
    "浙江湖畔生物医药有限公司",
    "杭州运河文化传播有限公司",
    "杭州之江软件股份有限公司",
    "浙江良渚新材料有限公司",
)
BANKS = ("杭州银行", "工商银行", "建设银行", "农业银行")
EDUCATIONS = (("21", "4"), ("21", "4"), ("14", "3"), ("31", "0"), ("21", "4"), ("11", "2"))


@dataclass(frozen=True, slots=True)
class Person:
    """One applicant; `number` counts from 1, the first ones are the demo accounts."""

    number: int

    @property
    def name(self) -> str:
        if self.number <= len(APPLICANTS):
            return APPLICANTS[self.number - 1].name
        family = FAMILY_NAMES[self.number % len(FAMILY_NAMES)]
        return family + GIVEN_NAMES[(self.number * 7) % len(GIVEN_NAMES)]

    @property
    def phone(self) -> str:
        if self.number <= len(APPLICANTS):
            return APPLICANTS[self.number - 1].phone
        return f"13800001{self.number:03d}"

    @property
    def birth(self) -> date:
        return date(1998 + self.number % 6, 1 + self.number % 12, 1 + self.number * 3 % 28)

    @property
    def id_number(self) -> str:
        body = f"330199{self.birth:%Y%m%d}{100 + self.number:03d}"
        return body + id_check_character(body)

    @property
    def bank_card(self) -> str:
        body = f"62220212020{self.number:07d}"
        return next(body + digit for digit in "0123456789" if luhn_holds(body + digit))


def pick(choices: tuple[Any, ...], number: int) -> Any:
    return choices[number % len(choices)]


def credit_code(number: int) -> str:
    """Return a valid unified social credit code of a firm that does not exist."""
    body = f"91330106MA2{number:06d}"
    return body + uscc_check_character(body)


def personal(person: Person, on: date) -> dict[str, Any]:
    """Return answers to every personal question, as of a day."""
    number, street = person.number, pick(STREETS, person.number)
    education, degree = pick(EDUCATIONS, number)
    graduated = date(on.year - (0 if on.month > 6 else 1), 6, 30)
    married = number % 9 == 8
    home = f"浙江省杭州市{street}{10 + number}号{1 + number % 6}幢{101 + number}室"
    return {
        "p_name": person.name,
        "p_id_type": "01",
        "p_id_no": person.id_number,
        "p_gender": id_gender(person.id_number),
        "p_birth": person.birth.isoformat(),
        "p_ethnic": "02" if number % 17 == 0 else "01",
        "p_marital": "20" if married else "10",
        "p_mobile": person.phone,
        "p_hukou": pick(HUKOU, number),
        "p_address": home,
        "p_edu": education,
        "p_degree": degree,
        "p_school": pick(SCHOOLS, number),
        "p_major": pick(MAJORS, number),
        "p_grad_date": graduated.isoformat(),
        "p_diploma_no": f"103351{graduated.year}05{number:06d}",
        "p_employer": pick(EMPLOYERS, number),
        "p_employer_uscc": credit_code(900 + number % len(EMPLOYERS)),
        "p_bank": {"bank": pick(BANKS, number), "account": person.bank_card},
        **_item_answers(person, home, married, on),
    }


def _item_answers(person: Person, home: str, married: bool, on: date) -> dict[str, Any]:
    begun = on - timedelta(days=60)
    spouse = Person(500 + person.number)
    family = [{"name": spouse.name, "relation": "配偶", "id_no": spouse.id_number}]
    return {
        "contract_start": begun.isoformat(),
        "contract_end": begun.replace(year=begun.year + 3, day=1).isoformat(),
        "monthly_wage": f"{8000 + person.number * 150}.00",
        "settle_type": "单位集体户",
        "settle_address": home,
        "qualify_route": "本科及以上",
        "residence_reg_no": f"33010{person.number:08d}",
        "archive_from": f"{pick(SCHOOLS, person.number)}档案馆",
        "archive_to": "市人才服务局",
        "card_bank": pick(BANKS, person.number),
        "delivery_address": home,
        "overseas": False,
        "dispatch": False,
        "family_members": family if married else [],
        "family_income_pc": f"{42000 + person.number * 300}.00",
        "lease_no": f"HZZL{on.year}{person.number:06d}",
        "lease_rent": f"{2200 + person.number * 20}.00",
        "lease_start": begun.isoformat(),
        "lease_end": begun.replace(year=begun.year + 1, day=1).isoformat(),
        "first_startup": True,
        "loan_amount": "30.00",
        "loan_use": "采购设备和支付场地租金",
        "loan_months": 24,
        "project_kind": "研发",
    }


def enterprise(owner: Person, on: date) -> dict[str, Any]:
    """Return answers to every question to a firm whose legal representative is the person."""
    number, street = owner.number, pick(STREETS, owner.number)
    address = f"浙江省杭州市{street}{80 + number}号创业大厦{300 + number}室"
    graduated = date(on.year - 1, 6, 30)
    return {
        "e_name": firm_name(owner),
        "e_uscc": credit_code(number),
        "e_type": "1100",
        "e_established": (on - timedelta(days=200 + number)).isoformat(),
        "e_capital": f"{50 + number}.00",
        "e_reg_address": address,
        "e_reg_division": districts.named_in(street, "330100"),
        "e_biz_address": address,
        "e_industry": "I6510",
        "e_scope": "软件开发；信息技术咨询服务；数字文化创意内容应用服务。",
        "e_legal_name": owner.name,
        "e_legal_id": owner.id_number,
        "e_legal_mobile": owner.phone,
        "e_legal_edu": "21",
        "e_legal_school": pick(SCHOOLS, number),
        "e_legal_grad": graduated.isoformat(),
        "e_team_equity": "60.00",
        "e_staff": 8 + number % 5,
        "e_insured": 6,
        "e_revenue": f"{120 + number}.50",
        "e_tax": "3.20",
        "e_bank_name": "杭州银行文三支行",
        "e_bank_account": f"33010401600{number:08d}",
        "e_contact": owner.name,
        "e_contact_mobile": owner.phone,
        **_firm_item_answers(number, on),
    }


def _firm_item_answers(number: int, on: date) -> dict[str, Any]:
    hired = Person(300 + number)
    begun = on - timedelta(days=100)
    return {
        "project_name": "城市低空物流调度平台",
        "grade_applied": "10",
        "contest_award": "无",
        "lease_area": "86.50",
        "rent_paid": "38000.00",
        "lease_year": "1",
        "deposit_ratio": "12.00",
        "first_month": f"{on:%Y-%m}",
        "hires": [
            {
                "name": hired.name,
                "id_no": hired.id_number,
                "mobile": hired.phone[:8] + "999",
                "contract_start": begun.isoformat(),
                "insured_since": f"{begun:%Y-%m}",
            }
        ],
        "honours": "",
        "course": "创业实训班",
        "graduates": [
            {
                "name": hired.name,
                "id_no": hired.id_number,
                "school": pick(SCHOOLS, number),
                "grad_date": date(on.year - (0 if on.month > 6 else 1), 6, 30).isoformat(),
                "contract_start": begun.isoformat(),
            }
        ],
        "period": {"start": f"{begun:%Y-%m}", "end": f"{on:%Y-%m}"},
    }


def firm_name(owner: Person) -> str:
    return f"杭州{owner.name[1:]}数字科技有限公司"


def answers(person: Person, kind: str, asked: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Return the person's or their firm's answers to the questions asked."""
    known = personal(person, on) if kind == "person" else enterprise(person, on)
    return {code: value for code, value in known.items() if code in asked}
