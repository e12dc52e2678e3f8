"""What Aliyun and Tencent share: no free text, but an approved template and its values."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications import wording
from notifications.channels.base import Outcome, Receipt, Sms
from notifications.models import Channel


@dataclass(frozen=True, slots=True)
class Template:
    """The template approved for a kind, and the values in the order of its wording."""

    id: str
    values: Mapping[str, str]


def template_of(sms: Sms, provider: str) -> Template | Receipt:
    """Return the provider's template for a message, or why it cannot be sent.

    The template belongs to the wording in force: a message written under an older one is sent with
    it where its values suffice.
    """
    text = wording.texts().get((sms.kind, Channel.SMS))
    template_id = getattr(text, f"{provider}_template") if text else ""
    if text is None or not template_id:
        return Receipt(Outcome.DECLINED, "未填写该类消息的模板编号")
    missing = [name for name in text.placeholders if name not in sms.values]
    if missing:
        return Receipt(Outcome.REJECTED, f"文字已改，缺少{'、'.join(missing)}的值")
    return Template(template_id, {name: sms.values[name] for name in text.placeholders})
