"""People and enterprises with the verdicts that the policy texts give them, as readable rows."""

from dataclasses import dataclass, field
from typing import Any

YES, NO, OPEN, CLOSED = "可以享受", "暂不符合", "待核实", "不在受理期"
EVENT = "待成熟"


def later(year: int, month: int, day: int) -> str:
    """Return the words of what becomes ripe by time alone."""
    return f"待成熟，{year}年{month}月{day}日起可办"


@dataclass(frozen=True)
class Persona:
    """One row: who, on which day, with which facts; verdicts and amounts by item or policy."""

    who: str
    on: str
    facts: dict[str, Any]
    expect: dict[str, str]
    pays: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.who


# The three of the data set, with the verdicts that it expects.
GIVEN = [
    Persona(
        "A 应届本科，外省户籍，合同2年，刚入职参保1个月", "2020-09-01",
        dict(age=22, edu="21", study_mode="全日制", grad_date="2020-06-30", months_since_grad=2,
             hukou_urban=False, residence_registered=True, insured=True, ss_months_total=1,
             ss_months_cont=1, contract_months=24, income_pc=48000, house_family=0,
             house_deal_history=False, kin_can_support=False, enjoy_rent_subsidy=False,
             enjoy_public_rental=False, got_living_subsidy=False, permit_valid=True),
        {"P01": YES, "P03": YES, "P04": YES, "P06": YES, "P07": YES, "P08": later(2021, 2, 1),
         "P09": YES},
        {"P07": 10000, "P09": 10000},
    ),
    Persona(
        "A 在2021版施行之日：连续参保1个月，须满6个月", "2021-10-15",
        dict(edu="21", study_mode="全日制", grad_date="2020-06-30", months_since_grad=2,
             insured=True, ss_months_cont=1, got_living_subsidy=False),
        {"P07": later(2022, 3, 15)}, {"P07": 10000},
    ),
    Persona(
        "B 硕士应届，未就业，先落户", "2020-09-01",
        dict(age=25, edu="14", study_mode="全日制", grad_date="2020-06-20", months_since_grad=2,
             hukou_urban=False, insured=False, ss_months_total=0, residence_registered=True,
             contract_months=0, got_living_subsidy=False),
        {"P03": YES, "P04": NO, "P07": EVENT}, {"P07": 30000},
    ),
    Persona(
        "D 毕业3年本科创业者，企业成立2个月", "2020-09-01",
        dict(edu="21", months_since_grad=36, is_legal_rep=True, legal_original=True,
             legal_insured_here=True, legal_grad_years=3, team_equity=60, tax_months=2,
             turnover_tax_paid=True, industry_ok=True, addr_same=True, credit_ok=True,
             got_city_fund=False, e_months=2),
        {"E01": later(2020, 10, 1), "E02": later(2021, 7, 1), "E03": YES, "P12": YES, "E06": YES},
        {"P12": 500000},
    ),
]  # fmt: skip
