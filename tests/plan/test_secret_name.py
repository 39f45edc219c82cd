"""What is taken for a secret by its name."""

import pytest

from jobload.plan.secret_name import is_secret


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "X-Auth", "X-Auth-Key", "X-Auth-Token", "Ocp-Apim-Subscription-Key"),
        *(
            "X-Functions-Key",
            "DD-APPLICATION-KEY",
            "api_key",
            "apikey",
            "privateKey",
            "license_key",
        ),
        *(
            "password",
            "auth_pwd",
            "userPwd",
            "pass",
            "user_pass",
            "userPass",
            "passcode",
            "jwt",
            "id_token",
        ),
        *("admin_tokens", "account_tokens", "async_token"),
        *("client_assertion", "sig", "sid", "PHPSESSID", "JSESSIONID", "ASP.NET_SessionId"),
    ],
)
def test_what_lets_somebody_in_is_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("author", "authority", "compass", "passenger", "bypass", "boardingPass", "public_key"),
        *("key", "primary_key", "Idempotency-Key", "sigma", "sort_key", "monkey", "keyword"),
        *("max_tokens", "llmMaxTokens", "x-count-tokens", "nextPageToken", "page_token"),
        *("token_count", "token_type", "client_assertion_type"),
        *("authorization_endpoint", "token_url", "boarding_pass", "season_pass"),
    ],
)
def test_a_word_like_one_is_none(name: str) -> None:
    assert not is_secret(name)
