"""Who asks: a token becomes a principal, its scopes, and a policy for the whole stage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel import start
from idlewheel.errors import Unauthenticated
from idlewheel.services.credentials import authenticate
from idlewheel.settings import Settings
from idlewheel.storage.access import bind_access
from idlewheel.storage.tokens import KnownTokens
from idlewheel.telemetry import count, logger, observed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idlewheel.domain.access import Principal

settings = Settings()
bind_access(settings.access_table, settings.region)
tokens = KnownTokens()


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer API Gateway's question about one ``Authorization`` header.

    The answer is cached for every route, so it allows them all: what a scope allows is judged
    by the functions. Any bad token is "Unauthorized", which the gateway makes a 401 (Amazon API
    Gateway Developer Guide, "Output from an API Gateway Lambda authorizer").
    """
    try:
        principal = authenticate(tokens, _authorization(event), datetime.now(UTC))
    except Unauthenticated as error:
        count("AuthenticationFailures")
        logger.info("refused credentials", reason=str(error))
        raise Exception("Unauthorized") from None  # noqa: TRY002 - the one text that means 401
    return _policy(principal, event["methodArn"])


def _authorization(event: Mapping[str, Any]) -> str:
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "authorization"), "")


def _policy(principal: Principal, method_arn: str) -> dict[str, Any]:
    api, stage, *_ = method_arn.split("/")
    return {
        "principalId": principal.name,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": f"{api}/{stage}/*",
                }
            ],
        },
        "context": {
            "principal": principal.name,
            "token_id": principal.token_id,
            "scopes": " ".join(str(scope) for scope in principal.scopes),
            "expires_at": str(principal.expires_at.timestamp()),
        },
    }


start.done()
