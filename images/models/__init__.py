from images.models.image import READ_ONLY, Image, ImageAct, OsType, Status, act
from images.models.planned_share import PlannedShare, SeenNotices
from images.models.share import ImageShare

__all__ = ["READ_ONLY", "Image", "ImageAct", "ImageShare", "OsType", "PlannedShare", "SeenNotices", "Status", "act"]
