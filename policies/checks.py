"""Named checks of the dictionary (数据元校验): pure, each tells in one sentence what is wrong.

`CHECKS` judge one text, `RULES` judge several answers together; both return none when all is well.
A rule is only asked about answers that were given and are well-formed, unless it says otherwise.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from policies.guards import as_date, as_number, is_blank

Check = Callable[[str], str | None]
RuleCheck = Callable[..., str | None]

CHECKS: dict[str, Check] = {}
RULES: dict[str, RuleCheck] = {}
# Texts of these checks are identifiers: stored in capitals, without spaces, in half-width form.
IDENTIFIERS = {"identity_number", "resident_id", "uscc", "diploma_number", "mobile", "bank_card"}

RESIDENT_ID_TYPE = "01"
_ID_SHAPE = re.compile(r"[1-9]\d{5}(19|20)\d{9}[\dX]", re.ASCII)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK_CHARACTERS = "10X98765432"
_USCC_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# The whole of CJK, not only the basic block: rare characters do stand in people's names.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_CHINESE_NAME = re.compile(f"[{_HAN}·]{{2,30}}")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z ,.'-]{1,49}")
_AREA = re.compile("区|县|市|旗")
_STREET = re.compile("街|镇|乡|路|道|巷|弄|村|苏木")
_DEGREES = {"11": ("2",), "14": ("3",), "21": ("4", "0"), "31": ("0",)}


def check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


def rule(function: RuleCheck) -> RuleCheck:
    RULES[function.__name__] = function
    return function


def arguments_of(name: str) -> frozenset[str]:
    """Return the names that a rule must be given, as fields or as parameters."""
    return frozenset(inspect.signature(RULES[name]).parameters) - {"on"}


@check
def person_name(value: str) -> str | None:
    """Judge a person's name (姓名): 2–30 Chinese characters, or 2–50 Latin letters."""
    if _CHINESE_NAME.fullmatch(value) or _LATIN_NAME.fullmatch(value):
        return None
    return "姓名应为 2 至 30 个汉字（可含“·”）或英文字母，请按证件填写。"


@check
def resident_id(value: str) -> str | None:
    """Judge a resident identity number (公民身份号码), GB 11643-1999, MOD 11-2.

    The first six digits are not compared with today's divisions: they are those of the day of
    issue, and residence permits for Hong Kong, Macao and Taiwan residents use 81, 82 and 83.
    """
    if not _ID_SHAPE.fullmatch(value):
        return "居民身份证号码应为 18 位，前 17 位为数字，末位为数字或 X，请对照证件填写。"
    if id_birth(value) is None:
        return "居民身份证号码中的出生日期不存在，请对照证件核对第 7 至 14 位。"
    if id_check_character(value[:17]) != value[17]:
        return "居民身份证号码校验不通过，请对照证件逐位核对。"
    return None


def id_check_character(body: str) -> str:
    """Return the check character of seventeen digits, GB 11643-1999 (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return _ID_CHECK_CHARACTERS[total % 11]


def id_birth(value: str) -> date | None:
    """Return the day of birth in a resident identity number, none when there is no such day."""
    digits = value[6:14]
    if len(digits) != 8:
        return None
    return as_date(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")


def id_gender(value: str) -> str:
    """Return the gender in a resident identity number as GB/T 2261.1 code: 1 男, 2 女."""
    return "1" if int(value[16]) % 2 else "2"


@check
def identity_number(value: str) -> str | None:
    """Judge the number of any accepted document (证件号码): 6–18 letters and digits.

    Fifteen digits or more can only be a resident identity number, which must then be right.
    """
    if re.fullmatch(r"\d{14,}[\dX]", value, re.ASCII):
        return resident_id(value)
    if not re.fullmatch(r"[A-Z0-9]{6,18}", value):
        return "证件号码应为 6 至 18 位字母或数字，请对照证件填写。"
    return None


@check
def uscc(value: str) -> str | None:
    """Judge a unified social credit code (统一社会信用代码), GB 32100-2015, MOD 31."""
    if not _USCC_SHAPE.fullmatch(value):
        return "统一社会信用代码应为 18 位数字或大写字母，请对照营业执照填写。"
    if uscc_check_character(value[:17]) != value[17]:
        return "统一社会信用代码校验不通过，请对照营业执照逐位核对。"
    return None


def uscc_check_character(body: str) -> str:
    """Return the check character of seventeen characters, GB 32100-2015 (weights 3^i mod 31)."""
    total = sum(
        _USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body)
    )
    return _USCC_ALPHABET[-total % 31]


@check
def mobile(value: str) -> str | None:
    """Judge a mainland mobile number (手机号码): 11 digits beginning 13–19."""
    if re.fullmatch(r"1[3-9]\d{9}", value, re.ASCII):
        return None
    return "手机号码应为 11 位数字，以 13 至 19 开头，请核对。"


@check
def bank_card(value: str) -> str | None:
    """Judge a personal bank card number (银行卡号): 16–19 digits, Luhn (ISO/IEC 7812-1)."""
    if not re.fullmatch(r"\d{16,19}", value, re.ASCII):
        return "银行账号应为 16 至 19 位数字，请对照银行卡填写。"
    return None if luhn_holds(value) else "银行账号校验不通过，请对照银行卡逐位核对。"


def luhn_holds(digits: str) -> bool:
    """Tell whether digits end in their Luhn check digit (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


@check
def diploma_number(value: str) -> str | None:
    """Judge a diploma number (学历证书编号): 18 digits, or 8–20 of an overseas attestation."""
    if re.fullmatch(r"[0-9A-Z]{8,20}", value):
        return None
    return "学历证书编号应为 18 位数字；国（境）外学历填写留服认证书编号（8 至 20 位字母或数字）。"


@check
def address(value: str) -> str | None:
    """Judge a full address (地址): it names a district or county and a street or township."""
    if _AREA.search(value) and _STREET.search(value):
        return None
    return "地址应写明区（县、市）和街道（乡镇、道路），例如“杭州市西湖区文三路 1 号”。"


@rule
def id_number_fits_type(*, id_type: str, id_no: str, on: date) -> str | None:
    """Judge the ID number by its document type; a resident identity card by GB 11643-1999."""
    return resident_id(id_no) if id_type == RESIDENT_ID_TYPE else None


@rule
def gender_matches_id(*, id_type: str, id_no: str, gender: str, on: date) -> str | None:
    """Compare the gender with the 17th digit (odd 男, even 女), GB 11643-1999."""
    if id_type != RESIDENT_ID_TYPE or resident_id(id_no) or id_gender(id_no) == gender:
        return None
    return "性别与居民身份证号码不一致，请核对性别和证件号码。"


@rule
def birth_matches_id(*, id_type: str, id_no: str, birth: Any, on: date) -> str | None:
    """Compare the day of birth with digits 7–14, GB 11643-1999."""
    if id_type != RESIDENT_ID_TYPE or resident_id(id_no) or id_birth(id_no) == as_date(birth):
        return None
    return "出生日期与居民身份证号码不一致，请核对出生日期和证件号码。"


@rule
def age_between(*, birth: Any, minimum: int, maximum: int, on: date) -> str | None:
    """Judge the age in full years (周岁) on the day of application, bounds included."""
    born = as_date(birth)
    if born is None or minimum <= full_years(born, on) <= maximum:
        return None
    return f"申请人年龄应为 {minimum} 至 {maximum} 周岁，请核对出生日期。"


def full_years(start: date, end: date) -> int:
    """Return the full years between two days; one born on 29 February turns on 1 March."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def years_later(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 28 February."""
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@rule
def degree_fits_education(*, education: str, degree: str, on: date) -> str | None:
    """Compare degree (GB/T 6864) with education (GB/T 4658): 博士 2, 硕士 3, 本科 4 or 0."""
    if degree in _DEGREES.get(education, (degree,)):
        return None
    return "学位与学历不相符，请按学位证书填写；没有学位的选“无”。"


@rule
def at_most_years_ahead(*, day: Any, years: int, on: date) -> str | None:
    """Judge an expected day: no later than some years after the day of application."""
    expected = as_date(day)
    if expected is None or expected <= years_later(on, years):
        return None
    return f"预计毕业日期不能晚于申请日之后 {years} 年，请核对。"


@rule
def diploma_given_after_graduation(*, diploma_no: Any, graduated: Any, on: date) -> str | None:
    """Ask a graduate for the diploma number; only students may leave it empty. Sees blanks."""
    day = as_date(graduated)
    if day is None or day > on or not is_blank(diploma_no):
        return None
    return "已毕业的请填写学历证书编号；在校生可以不填。"


@rule
def diploma_year_matches(*, diploma_no: str, graduated: Any, on: date) -> str | None:
    """Compare digits 7–10 of a national diploma number with the year of graduation."""
    day = as_date(graduated)
    if day is None or not re.fullmatch(r"\d{18}", diploma_no, re.ASCII):
        return None
    if diploma_no[6:10] == str(day.year):
        return None
    return "学历证书编号第 7 至 10 位应为毕业年份，请核对证书编号和毕业日期。"


@rule
def holder_is_applicant(*, account: Mapping[str, Any], name: str, on: date) -> str | None:
    """Compare the account's holder (户名) with the applicant; no holder means the applicant."""
    if account.get("holder") in {None, "", name}:
        return None
    return "收款账户的户名须与申请人姓名一致，请填写本人账户。"


@rule
def spouse_listed(*, marital: str, family: Any, on: date) -> str | None:
    """Ask a married applicant (GB/T 2261.2 code 20) for the spouse in the family. Sees blanks."""
    rows: Sequence[Mapping[str, Any]] = family or ()
    if marital != "20" or any(row.get("relation") == "配偶" for row in rows):
        return None
    return "婚姻状况为已婚的，请在家庭成员中填写配偶。"


@rule
def in_order(*, start: Any, end: Any, on: date) -> str | None:
    """Judge a period: its end is not before its beginning."""
    first, last = as_date(start), as_date(end)
    if first is None or last is None or first <= last:
        return None
    return "结束日期不能早于开始日期，请核对。"


@rule
def not_in_future(*, day: Any, on: date) -> str | None:
    """Judge a past event: no later than the day of application."""
    past = as_date(day)
    return "日期不能晚于今天，请核对。" if past is not None and past > on else None


@rule
def founded_within_years(*, established: Any, graduated: Any, years: int, on: date) -> str | None:
    """Judge a graduate's firm: founded no later than some years after graduation."""
    founded, day = as_date(established), as_date(graduated)
    if founded is None or day is None or founded <= years_later(day, years):
        return None
    return f"企业成立日期须在法定代表人毕业后 {years} 年以内，请核对成立日期和毕业日期。"


@rule
def staff_covers_insured(*, staff: Any, insured: Any, on: date) -> str | None:
    """Compare the number of staff with the number insured among them."""
    total, part = as_number(staff), as_number(insured)
    if total is None or part is None or total >= part:
        return None
    return "员工总数不能少于参保人数，请核对。"


@rule
def share_at_least(*, share: Any, minimum: int, on: date) -> str | None:
    """Judge the graduates' share of capital in per cent."""
    held = as_number(share)
    if held is None or held >= Decimal(minimum):
        return None
    return f"申报该事项，大学生团队出资比例不得低于 {minimum}%，请核对。"


@rule
def same_address(*, registered: str, actual: str, on: date) -> str | None:
    """Compare two addresses without regard to spaces."""
    if "".join(registered.split()) == "".join(actual.split()):
        return None
    return "申请经营场所房租补贴，实际经营地址须与注册地址一致，请核对。"


@rule
def different_people(*, rows: Sequence[Mapping[str, Any]], column: str, on: date) -> str | None:
    """Judge a list of people: no ID number twice."""
    numbers = [row[column] for row in rows if not is_blank(row.get(column))]
    if len(numbers) == len(set(numbers)):
        return None
    return "名单中有重复的证件号码，请删除重复的人员。"


# These rules are about an answer that may be missing; the others wait until all are given.
SEES_BLANKS = {"diploma_given_after_graduation", "spouse_listed"}
