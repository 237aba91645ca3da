"""A program of somebody's: a client that sends their key."""

import json

from django.test import Client

from accounts.models import ApiKey


class Program:
    """Speaks JSON to the API with one key; answers keep their `.status_code` and `.json()`."""

    def __init__(self, user, scope="full"):
        self.key, self.text = ApiKey.objects.issue(user, scope=scope)
        self.client = Client(headers={"authorization": f"Bearer {self.text}"})

    def get(self, path, **headers):
        return self.client.get(f"/api/v1/{path}", headers=headers)

    def post(self, path, body=None, **headers):
        return self._send("post", path, body, headers)

    def patch(self, path, body=None, **headers):
        return self._send("patch", path, body, headers)

    def _send(self, method, path, body, headers):
        return getattr(self.client, method)(
            f"/api/v1/{path}",
            data=json.dumps(body if body is not None else {}),
            content_type="application/json",
            headers=headers,
        )
