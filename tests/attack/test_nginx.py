"""The console behind nginx with TLS, by the settings of deploy/: what people and programs see of it from outside."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import socket
import ssl
import subprocess
import time
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.demo import ACCESS_KEYS
from tests import debian
from tests.api.conftest import VERSION, now
from tests.api.signatures import acs3
from tests.attack.test_server import PATIENCE, status_of
from tests.processes import ROOT, SECONDS, fresh_database, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.processes import Console

NGINX = debian.NGINX.found()
pytestmark = [
    pytest.mark.any_database,
    pytest.mark.slow,
    pytest.mark.skipif(not NGINX, reason="python -m tests.debian fetches nginx"),
]
# As deploy/nginx.conf has it, with a frame around it that needs no root.
FRAME = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{ours}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def make_certificate(folder: Path) -> None:
    """One that signs itself, for the name and the address that the tests use."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "console.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "console.key").write_bytes(private)


class Front:
    """nginx in front of the console: its addresses, and a session that trusts its certificate."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder, self.console = folder, console
        self.port, self.plain_port = free_port(), free_port()
        self.address = f"https://localhost:{self.port}"

    def settings(self) -> str:
        ours = (ROOT / "deploy/nginx.conf").read_text()
        for theirs, here in {
            "127.0.0.1:8000": self.console.address.removeprefix("http://"),
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "server_name console.example.com;": "server_name localhost;",
            "/etc/ssl/": f"{self.folder}/",
            # Another port than the usual one is part of the name that the console is reached by.
            "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",
        }.items():
            assert theirs in ours, theirs
            ours = ours.replace(theirs, here)
        return FRAME.format(folder=self.folder, ours=ours)

    def session(self) -> requests.Session:
        session = requests.Session()
        # Nor a proxy, nor the certificates that an environment names.
        session.trust_env = False
        session.verify = str(self.folder / "console.pem")
        return session

    def connect(self) -> socket.socket:
        context = ssl.create_default_context(cafile=self.folder / "console.pem")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        return context.wrap_socket(plain, server_hostname="localhost")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    make_certificate(folder)
    with (
        fresh_database(folder, like=demo_database) as database_url,
        served(database_url, folder, loaded=True, HTTPS="1", PROXIES="1", METRICS_TOKEN="the-token") as console,
    ):
        front = Front(folder, console)
        (folder / "nginx.conf").write_text(front.settings())
        command = [str(NGINX), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        # As root it would serve as a user who may not read here.
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        with subprocess.Popen([*command, *user]) as nginx:
            try:
                for _ in range(100):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", front.port)) == 0:
                            break
                    time.sleep(0.1)
                yield front
            finally:
                nginx.terminate()
                nginx.wait(SECONDS)


def sign_in(front: Front, session: requests.Session) -> requests.Response:
    page = session.get(f"{front.address}/login/", timeout=SECONDS)
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
    form = {"username": "acme@example.com", "password": "console-demo", "csrfmiddlewaretoken": token}
    return session.post(
        f"{front.address}/login/", form, headers={"Referer": page.url}, timeout=SECONDS, allow_redirects=False
    )


def test_people_sign_in_through_tls_and_every_cookie_is_secure(front: Front) -> None:
    with front.session() as session:
        answer = sign_in(front, session)
        assert answer.status_code == 302
        session.post(f"{front.address}/i18n/setlang/", {"language": "en"}, timeout=SECONDS, allow_redirects=False)
        assert {"sessionid", "csrftoken"} <= {cookie.name for cookie in session.cookies}
        assert [cookie.name for cookie in session.cookies if not cookie.secure] == []
        page = session.get(f"{front.address}/cn-hangzhou/images/custom/", timeout=SECONDS)
        assert "office-standard" in page.text
        assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_plain_http_leads_to_tls(front: Front) -> None:
    answer = requests.get(
        f"http://127.0.0.1:{front.plain_port}/login/?next=/logs/", timeout=SECONDS, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://127.0.0.1/login/?next=/logs/")


def test_a_program_signs_its_calls_through_the_proxy(front: Front) -> None:
    headers = {
        "host": f"localhost:{front.port}",
        "x-acs-action": "DescribeImages",
        "x-acs-version": VERSION,
        "x-acs-date": now(),
        "x-acs-signature-nonce": uuid.uuid4().hex,
    }
    query = [("RegionId", "cn-hangzhou")]
    signed = acs3("POST", query, headers, b"", *ACCESS_KEYS["acme@example.com"])
    with front.session() as session:
        answer = session.post(f"{front.address}/?{urlencode(query)}", headers=signed, timeout=SECONDS)
    assert "m-acmedemo000000001" in answer.text


def test_the_address_of_a_client_is_the_one_that_nginx_saw(front: Front) -> None:
    with front.session() as session:
        session.headers["X-Forwarded-For"] = "203.0.113.9"
        session.headers["X-Forwarded-Host"] = "evil.example"
        sign_in(front, session)
        page = session.get(f"{front.address}/account/sessions/", timeout=SECONDS).text
    assert "127.0.0.1" in page
    assert "203.0.113.9" not in page


def test_metrics_are_not_for_the_outside(front: Front) -> None:
    token = {"Authorization": "Bearer the-token"}
    with front.session() as session:
        assert session.get(f"{front.address}/metrics/", headers=token, timeout=SECONDS).status_code == 404
    assert requests.get(f"{front.console.address}/metrics/", headers=token, timeout=SECONDS).status_code == 200


def test_an_oversized_body_ends_at_nginx(front: Front) -> None:
    with front.session() as session:
        answer = session.post(f"{front.address}/login/", data=b"x" * 4_000_000, timeout=SECONDS)
    assert answer.status_code == 413


def test_another_host_is_refused(front: Front) -> None:
    with front.session() as session:
        answer = session.get(f"{front.address}/login/", headers={"Host": "evil.example"}, timeout=SECONDS)
    assert answer.status_code == 400


def test_slow_clients_hold_up_nobody(front: Front) -> None:
    clients = [front.connect() for _ in range(24)]
    try:
        for number, client in enumerate(clients):
            if number % 2:
                client.sendall(b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: a")
            else:
                client.sendall(b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nusername=")
        with front.session() as session:
            for _ in range(8):
                assert session.get(f"{front.address}/readyz/", timeout=PATIENCE).status_code == 200
        for client in clients:
            said = client.recv(65536)
            assert status_of(said) in {0, 400, 408}
    finally:
        for client in clients:
            client.close()
