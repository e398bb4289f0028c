from images.models.image import READ_ONLY, Image, ImageAct, OsType, Status, act, locked
from images.models.notices import NOTICES_SHOWN, SeenNotices
from images.models.planned_share import PlannedShare
from images.models.share import ImageShare, not_shared, shares_of

__all__ = [
    "NOTICES_SHOWN",
    "READ_ONLY",
    "Image",
    "ImageAct",
    "ImageShare",
    "OsType",
    "PlannedShare",
    "SeenNotices",
    "Status",
    "act",
    "locked",
    "not_shared",
    "shares_of",
]
