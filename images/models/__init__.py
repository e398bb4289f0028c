from images.models.image import Image, ImageAction
from images.models.locks import locked
from images.models.notices import NOTICES_SHOWN, SeenNotices
from images.models.planned_share import PlannedShare
from images.models.queryset import OsType, Status
from images.models.share import ImageShare, ShareFacts, not_shared, shares_of

__all__ = [
    "NOTICES_SHOWN",
    "Image",
    "ImageAction",
    "ImageShare",
    "OsType",
    "PlannedShare",
    "SeenNotices",
    "ShareFacts",
    "Status",
    "locked",
    "not_shared",
    "shares_of",
]
