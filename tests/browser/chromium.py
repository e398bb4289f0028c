"""The Chromium that the browser journeys drive: the one that is here, or one that this installs.

python -m tests.browser.chromium
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# The first three make two pages of the address bar for each window, which is half the work of a short journey. Chromium
# heeds one list alone, so the others are here that Playwright would name and that concern a console on this machine.
WITHOUT = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
# It talks to nobody but the console. As root its sandbox does not start, and only our own pages are opened.
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT)}",
]


def found() -> str | None:
    """The path of a Chromium that is installed: the system's, or Playwright's own."""
    system = next((path for path in map(shutil.which, (*NAMES, *PLACES)) if path), None)
    return system or _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def launch_options() -> dict[str, Any]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Playwright turns the back/forward cache off, which people have: what Back shows would not be seen.
    kept = ["--disable-back-forward-cache"]
    return {"executable_path": found(), "args": ARGUMENTS + sandbox, "ignore_default_args": kept}


def install() -> None:
    """Debian's packages where they can be installed, with a font for Chinese; else Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = ["chromium", "fonts-noto-cjk"]
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run([*apt, *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    if not found():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    if not found():
        print("Installing Chromium for the browser journeys.", flush=True)  # noqa: T201
        install()
    if found():
        return 0
    print(  # noqa: T201
        "The browser journeys need Chromium, and it could not be installed here. Install Chromium or Google Chrome, so "
        "that `chromium` or `google-chrome` is on PATH, then try again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
