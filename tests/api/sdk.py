"""The vendor's SDK for Python, which is loud when it is imported and loose with its types."""

from __future__ import annotations

import asyncio
import inspect
import re
import warnings
from typing import Any

with warnings.catch_warnings(action="ignore"):
    from alibabacloud_ecd20200930 import models
    from alibabacloud_ecd20200930.client import Client
    from alibabacloud_tea_openapi.exceptions import ClientException
    from alibabacloud_tea_openapi.utils_models import Config
    from darabonba.model import DaraModel

__all__ = ["SIGNATURES", "ClientException", "Sdk", "method_of", "models", "parameters_of"]

# The SDK's default, and the older one that it calls v2.
SIGNATURES = ("ACS3-HMAC-SHA256", "v2")
PLAIN_TYPES = {"str": str, "int": int, "bool": bool, "float": float}


def method_of(action: str) -> str:
    """The name of the SDK's method: DescribeImages is describe_images."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()


def parameters_of(action: str) -> set[str]:
    """Every parameter that the SDK's request model has."""
    source = inspect.getsource(getattr(models, f"{action}Request").to_map)
    return set(re.findall(r"result\['(\w+)'\]", source))


class Sdk:
    """The SDK's client with one key. A call is an action and its parameters, and gives the body of the answer."""

    def __init__(
        self, address: str, access_key_id: str, secret: str, *, signature: str = SIGNATURES[0], use_async: bool = False
    ) -> None:
        self.called: set[str] = set()
        self.use_async = use_async
        self.client = Client(
            Config(
                endpoint=address.removeprefix("http://"),
                protocol="HTTP",
                access_key_id=access_key_id,
                access_key_secret=secret,
                signature_algorithm=signature,
            )
        )

    def call(self, action: str, **parameters: Any) -> Any:
        self.called.add(action)
        request = getattr(models, f"{action}Request")(**parameters)
        # It asks for the time in a way that Python will give up.
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            answer = self._send(action, request)
        assert answer.status_code == 200
        assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", answer.body.request_id)
        check_types(answer.body)
        return answer.body

    def _send(self, action: str, request: Any) -> Any:
        if self.use_async:
            return asyncio.run(getattr(self.client, f"{method_of(action)}_async")(request))
        return getattr(self.client, method_of(action))(request)

    def refused(self, action: str, **parameters: Any) -> ClientException:
        """The SDK's own exception for a call that is refused."""
        try:
            self.call(action, **parameters)
        except ClientException as error:
            return error
        raise AssertionError(f"{action} was not refused")


def check_types(model: DaraModel) -> None:
    """What the SDK made of an answer is of the types that its models say; it does not check that itself."""
    for name, parameter in inspect.signature(type(model).__init__).parameters.items():
        if name == "self" or (value := getattr(model, name)) is None:
            continue
        where = f"{type(model).__name__}.{name}"
        inner = re.fullmatch(r"List\[(.+)\]", str(parameter.annotation))
        if inner:
            assert type(value) is list, where
        for item in value if inner else [value]:
            expected = PLAIN_TYPES.get(inner[1] if inner else str(parameter.annotation), DaraModel)
            assert isinstance(item, DaraModel) if expected is DaraModel else type(item) is expected, (where, item)
            if isinstance(item, DaraModel):
                check_types(item)
