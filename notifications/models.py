"""Messages: one thing told to one person over one channel, and the wording they use."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from portal.core import clock
from portal.core.crypto import EncryptedJSONField, EncryptedTextField
from portal.core.ledger import Event
from portal.core.queue import LeasedQuerySet, LeasedRow


class Channel(models.TextChoices):
    INBOX = "inbox", "站内信"
    SMS = "sms", "短信"


class MessageState(models.TextChoices):
    """queued → sending → accepted → delivered | failed | unknown; a final state never regresses.

    A message that went into a digest is merged and not sent by itself; one beyond the recipient's
    daily cap is skipped and stands in the inbox only.
    """

    QUEUED = "queued", "待发送"
    SENDING = "sending", "发送中"
    ACCEPTED = "accepted", "已提交"
    DELIVERED = "delivered", "已送达"
    FAILED = "failed", "发送失败"
    UNKNOWN = "unknown", "结果不明"
    MERGED = "merged", "已并入汇总"
    SKIPPED = "skipped", "仅站内信"


PROVIDERS = {"console": "演示通道", "http": "短信网关", "aliyun": "阿里云", "tencent": "腾讯云"}
DEAD_STATES = (MessageState.FAILED, MessageState.UNKNOWN)


class MessageQuerySet(LeasedQuerySet["Message"]):
    def inbox_of(self, user: Any) -> "MessageQuerySet":
        """Return a user's inbox, newest first."""
        return self.filter(channel=Channel.INBOX, recipient=user).order_by("-created_at", "-pk")

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at=None)

    def dead(self) -> "MessageQuerySet":
        """Return text messages that nobody sends any more and that may not have arrived.

        What has a term, a sign-in code, is not worth sending afterwards.
        """
        ended = self.filter(state__in=DEAD_STATES, due_at=None, expires_at=None)
        return ended.filter(channel=Channel.SMS).exclude(error="")


class Message(LeasedRow):
    """One notice (消息); the row's UUID is the provider's out_id.

    A row keeps the wording as it stood and the values that fill it, so it says for ever what was
    told. Values are sealed; only those who write many rows in one statement (cases.sweep) leave
    them open in `params`, and write nothing personal there.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="messages")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="messages"
    )
    channel = models.CharField("渠道", max_length=8, choices=Channel)
    kind = models.CharField("消息类型", max_length=64)
    address = EncryptedTextField("接收号码", blank=True, default="")
    title = models.CharField("标题", max_length=60, blank=True)
    template = models.TextField("文字")
    params = models.JSONField(default=dict, blank=True)
    sealed = EncryptedJSONField(null=True, blank=True)
    link = models.CharField("链接", max_length=200, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=MessageState, default=MessageState.QUEUED
    )
    error = models.CharField("失败原因", max_length=200, blank=True)
    # Which provider took it, and its own number for it: receipts come back under one of the two.
    provider = models.CharField("通道", max_length=16, blank=True)
    provider_ref = models.CharField(max_length=64, blank=True, editable=False)
    # The digest into which it was merged.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    created_at = models.DateTimeField("业务时间", default=clock.now)
    # Not worth sending later than this, in real time: a sign-in code.
    expires_at = models.DateTimeField(null=True, editable=False)
    # When it was admitted under the recipient's daily cap, in real time; empty where none applies.
    paced_at = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField("发送完成时间", null=True, blank=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "recipient", "channel"], name="notifications_message_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False),
                name="notifications_message_due",
            ),
            models.Index(
                fields=["recipient", "-created_at"],
                condition=Q(channel="inbox"),
                name="notifications_message_inbox",
            ),
            models.Index(
                fields=["recipient", "paced_at"],
                condition=Q(paced_at__isnull=False),
                name="notifications_message_paced",
            ),
            models.Index(
                fields=["provider_ref"],
                condition=~Q(provider_ref=""),
                name="notifications_message_ref",
            ),
            # The dead among them. No condition on the state: claiming a row changes it, and would
            # then touch every index of the table.
            models.Index(
                fields=["-settled_at"],
                condition=Q(due_at=None) & ~Q(error=""),
                name="notifications_message_dead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.kind}"

    @property
    def values(self) -> dict[str, str]:
        """What fills the wording, as shown to people."""
        return self.params | (self.sealed or {})

    @property
    def body(self) -> str:
        """The text as it was told."""
        return self.template.format_map(self.values)

    @property
    def kind_name(self) -> str:
        """What people call messages of this kind."""
        from notifications.wording import names

        return names().get(self.kind, self.kind)

    @property
    def provider_name(self) -> str:
        return PROVIDERS.get(self.provider, self.provider)

    @property
    def masked_address(self) -> str:
        """The number it goes to with its middle hidden: 138****1234."""
        phone = self.address or (self.recipient.phone if self.recipient else "")
        return f"{phone[:3]}****{phone[-4:]}" if phone else "无号码"


class Wording(models.Model):
    """What differs from the shipped wording of one kind on one channel, and its template ids.

    Aliyun and Tencent take no free text: each kind is a template that they have approved.
    """

    kind = models.CharField("消息类型", max_length=64)
    channel = models.CharField("渠道", max_length=8, choices=Channel)
    title = models.CharField("标题", max_length=60, blank=True)
    text = models.TextField("内容", blank=True, max_length=500)
    aliyun_template = models.CharField("阿里云模板编号", max_length=32, blank=True)
    tencent_template = models.CharField("腾讯云模板编号", max_length=32, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "消息文字"
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel"], name="notifications_wording_once")
        ]

    def __str__(self) -> str:
        from notifications.wording import names

        return f"{names().get(self.kind, self.kind)}（{self.get_channel_display()}）"

    def clean(self) -> None:
        """Refuse a wording that messages of this kind cannot fill. Raises ValidationError."""
        from notifications.wording import flaws

        if found := flaws(self.kind, self.channel, self.title, self.text):
            raise ValidationError(found)


class Circuit(models.Model):
    """Whether a provider works: after repeated failures it rests, and the next one takes over."""

    provider = models.CharField(primary_key=True, max_length=16)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.provider
