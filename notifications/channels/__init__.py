"""Ways a text message leaves the portal; settings.SMS_CHANNEL names the one in use."""

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.channels.base import SmsChannel


def sms_channel() -> SmsChannel:
    """Return the channel in use. Raises ImproperlyConfigured where it cannot work."""
    channel: SmsChannel = import_string(settings.SMS_CHANNEL)()
    return channel
