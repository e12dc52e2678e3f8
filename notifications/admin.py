"""Admin pages of the messages: their wording, and which were not delivered."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from notifications import preview, wording
from notifications.models import Channel, Message, Wording
from portal.accounts.models import Role
from portal.accounts.permissions import RoleAdmin

LIST = "admin:notifications_wording_changelist"


@admin.display(description="通道")
def provider_name(row: Message) -> str:
    return row.provider_name


@admin.display(description="消息类型")
def kind_name(row: Message | Wording) -> str:
    return wording.names().get(row.kind, row.kind)


class WordingForm(forms.ModelForm):
    """One kind on one channel; knows how the message would look with what is typed."""

    kind = forms.ChoiceField(label="消息类型")
    text = forms.CharField(
        label="内容",
        required=False,
        max_length=500,
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text="留空即用默认文字。占位符写作 {名称}，可用的列在下方。",
        error_messages={
            "max_length": "不超过 500 个字。",
            "null_characters_not_allowed": "内容中有不能保存的字符。",
        },
    )

    class Meta:
        model = Wording
        fields = ["kind", "channel", "title", "text", "aliyun_template", "tencent_template"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(wording.names().items())
        if "kind" in self.fields:
            self.fields["kind"].choices = [("", "请选择"), *names]  # type: ignore[attr-defined]
        if self.value("kind") and self.value("channel"):
            for name in {"kind", "channel"} & set(self.fields):
                self.fields[name].widget = forms.HiddenInput()

    def is_valid(self) -> bool:
        """Whether to save: looking at the preview without a script saves nothing."""
        return super().is_valid() and "_preview" not in self.data

    def value(self, name: str) -> str:
        """Return what stands in a field, typed or not."""
        if self.is_bound:
            return str(self.data.get(name, ""))
        return str(self.initial.get(name, "") or "")

    @property
    def placeholders(self) -> list[preview.Placeholder]:
        return preview.placeholders(self.value("kind"))

    @property
    def shipped(self) -> wording.Text | None:
        return wording.shipped().get((self.value("kind"), self.value("channel")))

    @property
    def previews(self) -> list[preview.Preview]:
        stated = [self.value(name).strip() for name in ("kind", "channel", "title", "text")]
        return preview.previews(*stated)


@admin.register(Wording)
class WordingAdmin(RoleAdmin):
    """Every kind on every channel, changed or not; a row exists only where one was changed."""

    writers = frozenset({Role.EDITOR, Role.ADMINISTRATOR})
    readers = frozenset({Role.AUDITOR})
    form = WordingForm

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        own = self.admin_site.admin_view
        return [
            path("preview/", own(require_POST(self.preview)), name="notifications_wording_preview"),
            path(
                "<int:pk>/reset/",
                own(require_POST(self.reset)),
                name="notifications_wording_reset",
            ),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: Wording | None = None) -> list[Any]:
        channel = obj.channel if obj else request.POST.get("channel", request.GET.get("channel"))
        if channel == Channel.SMS:
            return ["kind", "channel", "text", "aliyun_template", "tencent_template"]
        return ["kind", "channel", "title", "text"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the wording in force."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = {(row.kind, row.channel): row for row in Wording.objects.all()}
        context = {
            **self.admin_site.each_context(request),
            "title": "消息文字",
            "opts": self.opts,
            "kinds": [self._listed(kind, name, rows) for kind, name in wording.names().items()],
            "may_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/notifications/wording/change_list.html", context)

    def _listed(self, kind: str, name: str, rows: dict[tuple[str, str], Wording]) -> dict[str, Any]:
        told = [
            {
                "label": channel.label,
                "text": text.text,
                "changed": bool((row := rows.get((kind, channel))) and (row.text or row.title)),
                "url": self._url(kind, channel, row),
            }
            for channel in Channel
            if (text := wording.texts().get((kind, channel)))
        ]
        return {
            "name": name,
            "urgent": kind in wording.urgent(),
            "statutory": kind in wording.statutory(),
            "told": told,
        }

    def _url(self, kind: str, channel: Channel, row: Wording | None) -> str:
        if row:
            return reverse("admin:notifications_wording_change", args=[row.pk])
        query = urlencode({"kind": kind, "channel": channel.value})
        return f"{reverse('admin:notifications_wording_add')}?{query}"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Begin with the shipped text; lead to the row where there is one already."""
        key = {"kind": request.GET.get("kind", ""), "channel": request.GET.get("channel", "")}
        row = None if "\0" in "".join(key.values()) else Wording.objects.filter(**key).first()
        if row and request.method == "GET":
            return redirect("admin:notifications_wording_change", row.pk)
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        stated = super().get_changeform_initial_data(request)
        key = (str(stated.get("kind", "")), str(stated.get("channel", "")))
        shipped = wording.shipped().get(key)
        if shipped is None:
            return {}
        return {**stated, "title": shipped.title, "text": shipped.text}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        name = wording.names().get(form.value("kind"), "")
        channel = dict(Channel.choices).get(form.value("channel"), "")
        context["title"] = f"{name}（{channel}）" if name and channel else "修改消息文字"
        context["subtitle"] = None
        context["wording_form"] = form
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        context["show_delete"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Return the preview of what is typed; nothing is saved."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {"previews": WordingForm(request.POST).previews}
        return TemplateResponse(request, "notifications/_preview.html", context)

    def reset(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go back to the shipped text; ids of templates are kept."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Wording, pk=pk)
        row.title = row.text = ""
        if row.aliyun_template or row.tencent_template:
            row.save(update_fields=["title", "text"])
        else:
            row.delete()
        wording.forget()
        messages.success(
            request, f"“{kind_name(row)}”（{row.get_channel_display()}）已恢复默认文字。"
        )
        return redirect(LIST)

    def save_model(self, *args: Any, **kwargs: Any) -> None:
        super().save_model(*args, **kwargs)
        wording.forget()


@admin.register(Message)
class MessageAdmin(RoleAdmin):
    """What was sent and what failed; neither number nor text is shown."""

    readers = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
    list_display = [
        "created_at",
        "channel",
        kind_name,
        "state",
        provider_name,
        "attempts",
        "settled_at",
        "error",
    ]
    list_filter = ["state", "channel"]
    fields = [*list_display]  # type: ignore[list-item]
    readonly_fields = [kind_name, provider_name]  # type: ignore[list-item]
    show_full_result_count = False
