from django import template

from regions.models import every_region

register = template.Library()


@register.filter
def region_name(region_id: str) -> str:
    """The name of a region of which only the ID is known: the log keeps it also of one that is no more."""
    return next((region.name for region in every_region() if region.pk == region_id), region_id)
