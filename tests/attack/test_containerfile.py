"""The Containerfile, as far as it goes without a container engine: its steps are run in a folder, in turn."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, SECONDS, fresh_database, production

pytestmark = pytest.mark.any_database

CONTAINERFILE = (ROOT / "deploy/Containerfile").read_text()
WORKDIR = "/srv/eds-console"
# What only a container has: Debian's packages, a user of its own.
CONTAINER_ONLY = ("apt-get", "useradd", "rm -rf /var/lib/apt", "install -d -o")


def instructions(text: str = CONTAINERFILE) -> list[tuple[str, str]]:
    """Each instruction and its argument, comments left out and continued lines joined."""
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines.splitlines() if line.strip()]


def value_of(instruction: str) -> str:
    return [argument for name, argument in instructions() if name == instruction][-1]


def copy_tracked_files(folder: Path) -> None:
    """As `COPY . .` does with deploy/Containerfile.containerignore, in a fresh clone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)


def with_cache(step: str) -> str:
    """The step, but that pip may use what another run of it fetched. An image keeps no cache, to be small."""
    return step.replace("--no-cache-dir ", "")


@pytest.mark.slow
def test_the_steps_of_the_containerfile_make_a_console_that_serves(tmp_path: Path) -> None:
    folder = tmp_path / "srv"
    folder.mkdir()
    # As in the image: a Python named python, and none of the virtual environment that runs the tests.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    path = f"{tmp_path / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    of_the_network = ("PIP_", "SSL_", "HTTP", "http", "HOME")
    environment = {name: text for name, text in os.environ.items() if name.startswith(of_the_network)}
    environment["PATH"] = path
    # pip compiles everything that it installs, and here each module is compiled when it is imported.
    environment["PIP_NO_COMPILE"] = "1"
    ran = []
    for name, argument in instructions():
        if name == "COPY" and argument == ". .":
            copy_tracked_files(folder)
        elif name == "COPY" and not argument.startswith("--from"):
            source, target = argument.split()
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / source, folder / target)
        elif name == "RUN" and not any(word in argument for word in CONTAINER_ONLY):
            done = subprocess.run(
                ["/bin/sh", "-c", with_cache(argument)],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{argument}\n{done.stdout}{done.stderr}"
            ran.append(argument)
        elif name == "ENV":
            for pair in shlex.split(argument):
                variable, _, text = pair.partition("=")
                environment[variable] = text.replace(WORKDIR, str(folder)).replace("$PATH", path)
    assert len(ran) == 2
    assert (folder / "locale/zh_Hans/LC_MESSAGES/django.mo").exists()
    with fresh_database(tmp_path) as database_url, socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = production(database_url)
        environment |= {name: settings[name] for name in ("DATABASE_URL", "SECRET_KEY", "HTTPS")}
        subprocess.run(["python", "manage.py", "migrate", "-v0"], cwd=folder, env=environment, check=True)
        [command] = re.findall(r'\["(\w+)"\]', value_of("CMD"))
        health = value_of("HEALTHCHECK").replace("http://127.0.0.1:8000", address)
        with subprocess.Popen(
            [folder / ".venv/bin" / command, "--bind", f"fd://{listener.fileno()}"],
            cwd=folder,
            env=environment,
            pass_fds=[listener.fileno()],
        ) as server:
            try:
                check = re.findall(r'"((?:[^"\\]|\\.)*)"', health)
                subprocess.run(check, env=environment, timeout=SECONDS, check=True)
                page = requests.get(f"{address}/login/", timeout=SECONDS)
                styles = re.findall(r'"(/static/css/[\w/-]+\.[0-9a-f]+\.css)"', page.text)
                assert styles
                for style in styles:
                    assert requests.get(address + style, timeout=SECONDS).status_code == 200
            finally:
                server.terminate()
                server.wait(SECONDS)


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret() -> None:
    assert value_of("USER").isdecimal()
    assert int(value_of("USER")) > 0
    kept_in_it = [argument for name, argument in instructions() if name in {"ENV", "ARG"}]
    assert not re.search("KEY|TOKEN|PASS", " ".join(kept_in_it))
    left_out = (ROOT / "deploy/Containerfile.containerignore").read_text().split()
    assert {".git", "var", ".venv"} <= set(left_out)
