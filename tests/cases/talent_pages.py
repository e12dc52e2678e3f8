"""What a browser would post: the boxes of the applicant's form as they are drawn."""

from typing import Any

from django.forms import BaseForm

from cases.forms import AnswerForm
from cases.models import Case
from cases.pages import filling


def boxes_of(form: BaseForm) -> dict[str, Any]:
    """Return every box of a form with what stands in it."""
    return {box.html_name: box.value() for box in form if box.value() not in (None, "")}


def posted_by(form: AnswerForm) -> dict[str, Any]:
    """Return the form as a browser would post it, rows included."""
    data = {name: "" for name in form.fields} | boxes_of(form)
    for rows in form.rows.values():
        data |= {
            f"{rows.prefix}-{name}": rows.management_form[name].value() or 0
            for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        }
        for row in rows.forms:
            data |= boxes_of(row)
    return data


def posted(case: Case, **changes: Any) -> dict[str, Any]:
    """Return the form page of a draft as posted, with some boxes changed."""
    return posted_by(filling.answer_form(case)) | changes
