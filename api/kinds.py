"""The types that parameters of several actions have in common."""

from __future__ import annotations

from api.params import Fields, ListOf, Number, OneOf, Parameter, Text

# Every image here speaks all of these.
LANGUAGES = ("en-US", "zh-HK", "zh-CN", "ja-JP")

IMAGE_ID = Text(64)
ONE_IMAGE = Parameter("ImageId", IMAGE_ID, required=True)
DESKTOP_ID = Text(64)
REGION_ID = Text(32)
SHORT, LONG = Text(128), Text(4096)
# The length of names and descriptions is a rule of the model, with an error code of its own.
NAME = Text(1024)
IMAGE_NAME_NOTE, TEMPLATE_NAME_NOTE = "2 to 128 characters.", "2 to 126 characters."
DESCRIPTION_NOTE = "2 to 256 characters."
# The rules about sizes have error codes of their own.
SIZE = Number(0, 100_000)
LANGUAGE = OneOf(LANGUAGES)
OS_TYPE = OneOf(("Windows", "Linux"))
# The value that everything here has, and the values that a call may ask for.
PROTOCOL_TYPE, PROTOCOL_TYPES = "ASP", OneOf(("ASP", "HDX"))
SESSION_TYPE, SESSION_TYPES = "SINGLE_SESSION", OneOf(("SINGLE_SESSION", "MULTIPLE_SESSION"))
CHARGE_TYPE = OneOf(("PostPaid", "PrePaid"))
PERIOD_UNIT = OneOf(("Month", "Year"))
LEVEL = OneOf(("PL0", "PL1", "PL2", "PL3", "AutoPL"))
CATEGORY = OneOf(("cloud_auto", "cloud_essd"))
TAGS = ListOf(Fields({"Key": SHORT, "Value": SHORT}), 20)
UID = Number(0, 10**16 - 1)
