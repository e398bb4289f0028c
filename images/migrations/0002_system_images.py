"""The system images of every region, after the OS list of the EDS user guide."""

from django.db import migrations

SYSTEM_IMAGES = [
    ("desktopimage-windows-server-2022-64-asp", "Windows-Server-2022", "Windows", "Windows Server 2022", 40, False),
    ("desktopimage-windows-server-2019-64-asp", "Windows-Server-2019", "Windows", "Windows Server 2019", 40, False),
    ("desktopimage-windows-10-64-asp", "Windows-10-Pro", "Windows", "Windows 10", 40, False),
    (
        "desktopimage-windows-server-2022-64-asp-vgpu",
        "Windows-Server-2022-GPU",
        "Windows",
        "Windows Server 2022",
        60,
        True,
    ),
    ("desktopimage-ubuntu-2404-64-asp", "Ubuntu-24_04", "Linux", "Ubuntu 24.04", 40, False),
    ("desktopimage-ubuntu-2204-64-asp", "Ubuntu-22_04", "Linux", "Ubuntu 22.04", 40, False),
    ("desktopimage-ubuntu-2204-64-asp-vgpu", "Ubuntu-22_04-GPU", "Linux", "Ubuntu 22.04", 60, True),
]


def load(apps, schema_editor):
    Image = apps.get_model("images", "Image")
    Region = apps.get_model("regions", "Region")
    Image.objects.bulk_create(
        Image(
            image_id=image_id,
            region=region,
            name=name,
            os_type=os_type,
            platform=platform,
            size_gib=size_gib,
            gpu=gpu,
        )
        for region in Region.objects.all()
        for image_id, name, os_type, platform, size_gib, gpu in reversed(SYSTEM_IMAGES)
    )


class Migration(migrations.Migration):
    dependencies = [("images", "0001_initial"), ("regions", "0002_regions")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
