"""Every error that the API answers with: its code, HTTP status, cause and remedy, and the rules that lead to it.

The rules are written in images, accounts and desktops, each with a stable code. This is the one place that says what
the API calls them. A new rule is added to the `rules` of a row in `api/errors/resources.py`.
"""

from __future__ import annotations

import logging

from django.core.exceptions import ValidationError

from api.errors.base import ApiError, Error
from api.errors.calls import REQUEST_ERRORS, SIGNATURE_ERRORS
from api.errors.resources import ACCOUNT_ERRORS, DESKTOP_ERRORS, IMAGE_ERRORS
from images.validators import first_error

__all__ = ["BY_CODE", "BY_RULE", "ERRORS", "ApiError", "Error", "api_error_for"]

ERRORS = (*REQUEST_ERRORS, *SIGNATURE_ERRORS, *ACCOUNT_ERRORS, *IMAGE_ERRORS, *DESKTOP_ERRORS)
BY_CODE = {error.code: error for error in ERRORS}
BY_RULE = {rule: error for error in ERRORS for rule in error.rules}
# For a rule that no row names. A test finds such a rule; a call is refused as the rule says all the same.
ANY_RULE = BY_CODE["OperationDenied"]

logger = logging.getLogger(__name__)


def api_error_for(refusal: ValidationError, resource: str = "Image") -> ApiError:
    """The API's error for what a rule refused: the first that its caller would see.

    What Django itself says of a field ("invalid") is named after the field; `resource` says whose name it is.
    """
    error = first_error(refusal)
    field = next(iter(refusal.error_dict)) if hasattr(refusal, "error_dict") else ""
    rule = error.code or "invalid"
    if rule not in BY_RULE:
        logger.error("The rule %s has no row in api/errors", rule)
    code = BY_RULE.get(rule, ANY_RULE).code
    if code == "InvalidParameter":
        code = {"name": f"Invalid{resource}Name.Malformed", "description": "InvalidDescription.Malformed"}.get(
            field, code
        )
    return ApiError(code, error.messages[0])
