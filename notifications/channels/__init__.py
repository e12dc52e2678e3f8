"""Ways a text message leaves the portal; settings.SMS_CHANNELS names those in use, in order."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from notifications.channels.base import SmsChannel

KNOWN = {
    "console": "notifications.channels.console.ConsoleChannel",
    "http": "notifications.channels.http.HttpChannel",
    "aliyun": "notifications.channels.aliyun.AliyunChannel",
    "tencent": "notifications.channels.tencent.TencentChannel",
}


def sms_channels() -> list[SmsChannel]:
    """Return the channels in use, the preferred one first.

    Raises ImproperlyConfigured where one cannot work.
    """
    channels = [channel_named(name) for name in settings.SMS_CHANNELS]
    if len({channel.name for channel in channels}) != len(channels) or not channels:
        raise ImproperlyConfigured("PORTAL_SMS_CHANNEL must name each provider once.")
    return channels


def channel_named(name: str) -> SmsChannel:
    """Return one channel by its name or the path of its class. Raises ImproperlyConfigured."""
    try:
        return import_string(KNOWN.get(name, name))()
    except ImportError as error:
        raise ImproperlyConfigured(f"No SMS channel named {name!r}.") from error
