from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from plumbing.prepared import prepared_with_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Account
    from images.models.image import Image
    from images.models.queryset import ImageQuerySet


@contextmanager
def locked(image: Image) -> Iterator[Account | None]:
    """Take the locks of every action on an image: of the account that owns it, and of the image itself.

    They last until the transaction ends, and the transaction is the caller's (`audit.actions`). The account is what
    the rules count by; the image is had as it is under the locks. Raises ValidationError for one that is gone.
    """
    found = (_owned_for_update if image.owner_id else _system_for_update)(image.pk) if image.pk else []
    if not found:
        raise ValidationError(_("This image has been deleted."), code="image_not_found")
    image.copy_fields_from(found[0])
    yield found[0].owner


@prepared_with_plan
def _owned_for_update(pk: int) -> ImageQuerySet:
    from images.models.image import Image  # image.py builds on this module

    return Image.objects.with_owner_for_update().filter(pk=pk)


@prepared_with_plan
def _system_for_update(pk: int) -> ImageQuerySet:
    from images.models.image import Image  # image.py builds on this module

    return Image.objects.system().select_for_update(no_key=True).filter(pk=pk)
