"""The errors of calls: what is wrong with the request itself, and with its signature."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.errors.base import Error

READ_THE_TABLE = _("Compare the call with the table of the action's parameters.")

REQUEST_ERRORS = (
    Error(
        "MissingAction",
        400,
        _("The call names no action."),
        _("Send the header x-acs-action or the parameter Action."),
    ),
    Error(
        "InvalidAction.NotFound",
        404,
        _("The EDS API has no action of that name."),
        _("Check the spelling of the action."),
    ),
    Error(
        "UnsupportedOperation",
        400,
        _("The action exists in the EDS API, but this server does not offer it."),
        _("Use one of the actions that are listed as done."),
    ),
    Error(
        "InvalidVersion",
        400,
        _("The call is not for version 2020-09-30 of the API, the only one that there is."),
        _("Send 2020-09-30 as x-acs-version or Version."),
    ),
    Error("UnsupportedFormat", 400, _("An answer in another format than JSON is asked for."), _("Leave out Format.")),
    Error(
        "UnsupportedHTTPMethod",
        405,
        _("The call is neither a GET nor a POST request."),
        _("Send it as POST."),
    ),
    Error(
        "UnsupportedContentType",
        400,
        _("The request has a body that is no form."),
        _("Send parameters in the query, or in a body of the type application/x-www-form-urlencoded."),
    ),
    Error(
        "RequestTooLarge",
        413,
        _("The request has more parameters or a larger body than any action takes."),
        _("Send less in one call."),
    ),
    Error("InvalidRequest", 400, _("The request cannot be read."), READ_THE_TABLE),
    Error("MissingParameter", 400, _("A parameter that the action requires is not sent, or empty."), READ_THE_TABLE),
    Error(
        "InvalidParameter",
        400,
        _("A parameter has a value that the action does not take."),
        READ_THE_TABLE,
        # Rules for people and for the command line.
        rules=(
            "account_missing",
            "image_missing",
            "not_confirmed",
            "fixed",
            "required",
            "null",
            "blank",
            "invalid",
            "invalid_choice",
            "max_length",
            "min_value",
            "max_value",
        ),
    ),
    Error(
        "DuplicatedParameter",
        400,
        _("A parameter is sent twice, so it is not clear which is meant."),
        _("Send each parameter once, in the query or in the body."),
    ),
    Error("UnknownParameter", 400, _("The action has no parameter of that name."), READ_THE_TABLE),
    Error(
        "OperationDenied",
        403,
        _("A rule refuses it; the message says which."),
        _("Do what the message says."),
    ),
    Error("InvalidNextToken", 400, _("NextToken is none that this action gave."), _("Begin again without NextToken.")),
    Error(
        "InternalError",
        500,
        _("The server made a mistake. It is recorded under the request's ID."),
        _("Try again. Tell the people who run the server if it happens again."),
    ),
    Error(
        "ServiceUnavailable",
        503,
        _("The database does not answer, or could not finish in time, or too many calls wait."),
        _("Try again in a moment."),
    ),
)

SIGNATURE_ERRORS = (
    Error(
        "MissingAuthorization",
        401,
        _("The call is not signed."),
        _("Sign it with an AccessKey; the account center makes them."),
    ),
    Error(
        "IncompleteSignature",
        400,
        _("The signature is not of the form that its method asks for, or a part of it is missing."),
        _("Send Credential, SignedHeaders and Signature, or the parameters of the RPC signature."),
    ),
    Error(
        "UnsupportedSignatureMethod",
        400,
        _("The call is signed by a method that this server does not know."),
        _("Sign with ACS3-HMAC-SHA256, or with HMAC-SHA1 and SignatureVersion 1.0."),
    ),
    Error(
        "UnsupportedSecurityToken",
        400,
        _("The call carries an STS token. This server has no STS."),
        _("Sign with the AccessKey of a user."),
    ),
    Error(
        "UnsignedHost",
        400,
        _("The host header is not among SignedHeaders, so the call could have been meant for another server."),
        _("Sign the host header."),
    ),
    Error(
        "UnsignedHeader",
        400,
        _("An x-acs- header or the content type is not among SignedHeaders, so it could have been changed."),
        _("Sign content-type and every header whose name begins with x-acs-."),
    ),
    Error(
        "ContentSha256Mismatch",
        400,
        _("The body is not the one that x-acs-content-sha256 speaks of: it was changed after it was signed."),
        _("Sign the SHA-256 of the bytes that are sent."),
    ),
    Error(
        "SignatureDoesNotMatch",
        403,
        _("The signature does not follow from the request and the secret."),
        _("Compare the string to sign of the message with your own, then check the secret."),
    ),
    Error(
        "InvalidTimeStamp.Format",
        400,
        _("The date is missing or cannot be read."),
        _("Send it as 2020-09-30T08:00:00Z."),
    ),
    Error(
        "InvalidTimeStamp.Expired",
        400,
        _("The date is more than 15 minutes off the server's clock."),
        _("Set the clock of your machine, and sign each call anew."),
    ),
    Error(
        "InvalidSignatureNonce",
        400,
        _("The nonce is missing, or longer than 128 characters."),
        _("Send a random text with each call."),
    ),
    Error(
        "SignatureNonceUsed",
        400,
        _("A call with this nonce was received already."),
        _("Sign each call with a nonce of its own, repetitions too."),
    ),
    Error(
        "InvalidAccessKeyId.NotFound",
        404,
        _("There is no AccessKey of that ID. It may have been deleted."),
        _("Check the AccessKey ID in the account center."),
    ),
    Error(
        "InvalidAccessKeyId.Inactive",
        403,
        _("The AccessKey is disabled, or its user or account is not active."),
        _("Enable the key in the account center."),
    ),
    Error(
        "Forbidden.RAM",
        403,
        _("The policy of the RAM user does not allow the action."),
        _(
            "Sign with the key of a user who may: AliyunECDFullAccess allows all actions, AliyunECDReadOnlyAccess "
            "those that begin with Describe."
        ),
        rules=("no_permission",),
    ),
)
