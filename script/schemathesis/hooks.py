"""Signs schemathesis in: a fresh account with a note every two seconds, because some calls end the session or delete the
account."""

import os
import uuid

import requests
import schemathesis

URL = os.environ["TWO_TOKENS_URL"]
PASSWORD = "correct-horse-battery-staple"


@schemathesis.auth(refresh_interval=2)
class FreshAccount:
    def get(self, case, context):
        form = {"email": f"{uuid.uuid4()}@example.com", "password": PASSWORD}
        account = requests.post(f"{URL}/api/auth/register", data=form, timeout=10)
        account.raise_for_status()
        cookies = {cookie.name: cookie.value for cookie in account.cookies if "refresh" in cookie.name}
        bearer = {"Authorization": f"Bearer {account.json()['access_token']}"}
        note = {"title": "Milk", "body": "two"}
        note = requests.post(f"{URL}/api/notes/create", data=note, headers=bearer, timeout=10)
        note.raise_for_status()
        return bearer, cookies, note.json()["id"]

    def set(self, case, data, context):
        bearer, cookies, note = data
        security = case.operation.definition.raw.get("security", [])
        if {"bearer": []} in security:
            case.headers.update(bearer)
        if {"cookie": []} in security:
            case.cookies.update(cookies)
        # A right id is that of the account's note, or these calls would find nothing; a wrong one stays wrong.
        if case.operation.path in ("/api/notes/get", "/api/notes/update", "/api/notes/delete"):
            for fields in (case.query, case.body):
                if isinstance(fields, dict) and is_uuid(fields.get("id")):
                    fields["id"] = note


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text.lower()
    except (AttributeError, TypeError, ValueError):
        return False
