"""moto's EC2 server on loopback with so many images; run by the Python of a virtual environment of its own.

    python moto_server.py PORT IMAGES

The images are registered in the process, since to register 5,000 over HTTP takes longer than to measure. It prints the
IDs of the first eight when it is about to listen. Its own some hundred sample images are left out.
"""

from __future__ import annotations

import os
import sys

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

REGION = "us-east-1"


class Quiet(WSGIRequestHandler):
    # As `moto_server` does, so that connections are kept alive.
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: object, **kwargs: object) -> None:
        pass


def main(port: int, images: int) -> None:
    backend = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
    registered = [
        backend.register_image(name=f"image-{number:06d}", description="An image") for number in range(images)
    ]
    print(" ".join(image.id for image in registered[:8]), flush=True)
    run_simple("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Quiet)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
