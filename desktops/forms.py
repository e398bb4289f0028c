from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desktops.catalogue import TYPES, by_family
from desktops.models import Desktop, Status, Template
from desktops.models.template import Status as TemplateStatus
from desktops.validators import DISK_SIZES, MOST_AT_ONCE
from images.forms import ImageListForm
from images.models import OsType
from ui.fields import LinesField, NameField
from ui.filters import Filters
from ui.forms import ActionForm, ListForm

if TYPE_CHECKING:
    from accounts.models import Account
    from audit.models import Actor
    from images.models import Image
    from regions.models import Region

DISK = {"step": DISK_SIZES.step, "max": DISK_SIZES[-1]}


class ComputerListForm(ListForm):
    """A list of computers or of templates: searched, narrowed by status and OS, sorted by name or age."""

    SORTS = ImageListForm.SORTS
    FILTERS = ("q", "status", "os")

    os = forms.ChoiceField(label=_("OS"), required=False, choices=[("", _("All OS")), *OsType.choices])

    def narrow_by(self, name: str, value: str, rows: Any) -> Any:
        match name:
            case "q":
                return rows.matching(value)
            case "status":
                return rows.in_status(value)
        return rows.filter(os_type=value)


class DesktopListForm(ComputerListForm):
    q = NameField(label=_("Search by cloud computer ID or name"), required=False, max_length=128)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All statuses")), *Status.choices])


class TemplateListForm(ComputerListForm):
    q = NameField(label=_("Search by template ID or name"), required=False, max_length=128)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All statuses")), *TemplateStatus.choices]
    )


class ChooseForm(Filters, forms.Form):
    """The search in the list that an image is chosen from. An unknown kind is the first one."""

    FILTERS = ("q",)

    KINDS = {"custom": _("Custom Image"), "shared": _("Shared Image"), "system": _("System Image")}

    q = NameField(label=_("Search by image ID or name"), required=False, max_length=128)
    kind = forms.ChoiceField(required=False, choices=list(KINDS.items()))

    @property
    def kind_chosen(self) -> str:
        return self.cleaned_data.get("kind") or "custom"


class ChooseComputerForm(forms.Form):
    """The search in the list that a computer is chosen from."""

    q = forms.CharField(label=_("Search by cloud computer ID or name"), required=False, max_length=128)


class ConfigurationForm(ActionForm):
    """Type and disks; the image was chosen before."""

    desktop_type = forms.ChoiceField(
        label=_("Cloud computer type"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a cloud computer type.")},
    )
    system_disk_gib = forms.IntegerField(
        label=_("System disk (GiB)"), widget=forms.NumberInput(attrs={"min": DISK_SIZES[0], **DISK})
    )
    data_disk_gib = forms.IntegerField(
        label=_("Data disk (GiB)"),
        required=False,
        help_text=_("0 is none."),
        widget=forms.NumberInput(attrs={"min": 0, **DISK}),
    )

    def __init__(self, *args: Any, image: Image | None, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        fits = {"system_disk_gib": image.size_gib, "data_disk_gib": image.data_disk_gib} if image else {}
        super().__init__(*args, initial={**fits, **(initial or {})}, **kwargs)
        self.image = image
        self.fields["desktop_type"].choices = [  # type: ignore[attr-defined]
            (name, str(kind)) for name, kind in TYPES.items() if image is None or image.gpu == bool(kind.gpus)
        ]

    @property
    def kinds(self) -> list[Any]:
        """The types that can be chosen, grouped by family."""
        return by_family(str(value) for value, _label in self.fields["desktop_type"].choices)  # type: ignore[attr-defined]

    @property
    def configuration(self) -> dict[str, Any]:
        """The type and the disks that were entered. The form must be valid."""
        entered = {name: self.cleaned_data[name] for name in ("desktop_type", "system_disk_gib", "data_disk_gib")}
        return {**entered, "data_disk_gib": entered["data_disk_gib"] or 0}


class NamesForm(ActionForm):
    """The values that a person enters to create computers after a template."""

    name = NameField(label=_("Cloud computer name"), required=False)
    amount = forms.IntegerField(
        label=_("Quantity"),
        initial=1,
        help_text=_("1 to 20. With more than one, their numbers are added to the name."),
        widget=forms.NumberInput(attrs={"min": 1, "max": MOST_AT_ONCE}),
    )
    encrypted = forms.BooleanField(
        label=_("Encrypt the disks"),
        required=False,
        help_text=_("Images of an encrypted cloud computer are encrypted and cannot be shared."),
    )

    def create_after(self, template: Template, *, by: Actor) -> list[Desktop] | None:
        if not self.is_valid():
            return None
        desktop = Desktop.from_template(
            template, name=self.cleaned_data["name"], encrypted=self.cleaned_data["encrypted"]
        )
        return self.attempt(lambda: desktop.create(amount=self.cleaned_data["amount"], by=by))


class DesktopForm(NamesForm, ConfigurationForm):
    """The page Create Cloud Computer."""

    field_order = ["name", "desktop_type", "system_disk_gib", "data_disk_gib", "amount", "encrypted"]

    def create(self, account: Account, region: Region, image_ref: str, *, by: Actor) -> list[Desktop] | None:
        """Create the computers. `image_ref` is the ID that was chosen, for where no such image is found any more."""
        if not self.is_valid():
            return None
        desktop = Desktop(
            account=account,
            region=region,
            image=self.image,
            image_ref=image_ref,
            name=self.cleaned_data["name"],
            encrypted=self.cleaned_data["encrypted"],
            **self.configuration,
        )
        return self.attempt(lambda: desktop.create(amount=self.cleaned_data["amount"], by=by))


class TemplateForm(ConfigurationForm):
    """The pages Create Template and Edit Template."""

    name = NameField(label=_("Template name"), required=False, widget=forms.TextInput(attrs={"aria-required": "true"}))
    description = LinesField(label=_("Description"), required=False)

    field_order = ["name", "description"]

    def __init__(self, *args: Any, is_incomplete: bool = False, **kwargs: Any) -> None:
        """`is_incomplete` is for a template that lacks its image, and may go on lacking its type and its disk."""
        super().__init__(*args, **kwargs)
        if is_incomplete:
            desktop_type: Any = self.fields["desktop_type"]
            desktop_type.required = self.fields["system_disk_gib"].required = False
            desktop_type.choices = [("", _("None")), *desktop_type.choices]

    def create(self, account: Account, region: Region, image_ref: str, *, by: Actor) -> Template | None:
        """Create the template. `image_ref` is the ID that was chosen, for where no such image is found any more."""
        if not self.is_valid():
            return None
        names = {"name": self.cleaned_data["name"], "description": self.cleaned_data["description"]}
        template = Template(
            account=account, region=region, image=self.image, image_ref=image_ref, **names, **self.configuration
        )
        self.attempt(lambda: template.create(by=by))
        return None if self.errors else template

    def modify(self, template: Template, image: Image | None, image_ref: str, *, by: Actor) -> None:
        """Change the template; on a refusal the form has the errors. Without `image_ref` it keeps its image."""
        if self.is_valid():
            names = {"name": self.cleaned_data["name"], "description": self.cleaned_data["description"]}
            self.attempt(
                lambda: template.modify(image=image, image_ref=image_ref, **names, **self.configuration, by=by)
            )


class ChangeImageForm(ActionForm):
    replace_data_disk = forms.BooleanField(
        label=_("Replace the data disk with that of the image"),
        required=False,
        help_text=_("The data on the data disk is lost then."),
    )


class CreateImageForm(ActionForm):
    """The Create Image dialog. Its defaults are the console's; the API's are others."""

    name = NameField(label=_("Image Name"), required=False, widget=forms.TextInput(attrs={"aria-required": "true"}))
    clean_personal_data = forms.BooleanField(
        label=_("Clean Personal Residual Data"),
        required=False,
        help_text=_(
            "On Windows the data of all users but Administrator and Public, on Linux what ordinary users have in /home."
        ),
    )
    scope = forms.ChoiceField(
        label=_("Scope"),
        choices=[("ALL", _("System Disk and Data Disk")), ("SYSTEM", _("System Disk Only"))],
    )
    description = LinesField(
        label=_("Description"), required=False, help_text=_("Without one, the image name is the description.")
    )

    def __init__(self, *args: Any, desktop: Desktop, **kwargs: Any) -> None:
        cleanable = not desktop.encrypted
        super().__init__(*args, initial={"clean_personal_data": cleanable}, **kwargs)
        self.desktop = desktop
        if not cleanable:
            self.fields["clean_personal_data"].disabled = True
            self.fields["clean_personal_data"].help_text = _("Not possible for an encrypted cloud computer.")

    def create(self, *, by: Actor) -> Image | None:
        if not self.is_valid():
            return None
        entered = self.cleaned_data
        return self.attempt(
            lambda: self.desktop.create_image(
                name=entered["name"],
                description=entered["description"],
                with_data_disk=entered["scope"] == "ALL",
                clean_personal_data=entered["clean_personal_data"],
                by=by,
            )
        )
