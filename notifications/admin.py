"""Admin pages of the messages: their wording, and which were not delivered."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from notifications import wording
from notifications.models import Message, Wording
from portal.accounts.models import Role
from portal.accounts.permissions import RoleAdmin


@admin.display(description="消息类型")
def kind_name(row: Message | Wording) -> str:
    return wording.names().get(row.kind, row.kind)


@admin.register(Wording)
class WordingAdmin(RoleAdmin):
    writers = frozenset({Role.EDITOR, Role.ADMINISTRATOR})
    readers = frozenset({Role.AUDITOR})
    list_display = [kind_name, "channel", "title"]
    list_filter = ["channel"]

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name != "kind":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        kinds = sorted(wording.names().items())
        return forms.ChoiceField(label="消息类型", choices=[("", "请选择"), *kinds])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(self, *args: Any, **kwargs: Any) -> None:
        super().save_model(*args, **kwargs)
        wording.forget()


@admin.register(Message)
class MessageAdmin(RoleAdmin):
    """What was sent and what failed; neither number nor text is shown."""

    readers = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
    list_display = ["created_at", "channel", kind_name, "state", "attempts", "settled_at", "error"]
    list_filter = ["state", "channel"]
    fields = [*list_display]  # type: ignore[list-item]
    readonly_fields = [kind_name]  # type: ignore[list-item]
    show_full_result_count = False
