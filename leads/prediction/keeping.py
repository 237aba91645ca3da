"""A fitted model as bytes, and back: signed, for unpickling what others wrote would run it."""

import hmac
import pickle

import sklearn
from django.conf import settings
from django.utils.crypto import salted_hmac

from leads.prediction.model import Model

SALT = "leads.prediction.keeping"
DIGEST_SIZE = 32


class Unreadable(Exception):
    """These bytes are no model of ours: signed with another key, or by another version."""


def pack(model: Model) -> bytes:
    """The model, after a signature over it and the library's version."""
    body = pickle.dumps(model)
    return _signature(body) + body


def unpack(packed: bytes) -> Model:
    """Raises Unreadable before anything of a foreign body is read."""
    signature, body = packed[:DIGEST_SIZE], packed[DIGEST_SIZE:]
    if not hmac.compare_digest(signature, _signature(body)):
        raise Unreadable("signed with another key, or fitted by another version of scikit-learn")
    model = pickle.loads(body)  # noqa: S301 (ours: the signature says so)
    assert isinstance(model, Model)
    return model


def _signature(body: bytes) -> bytes:
    versioned = sklearn.__version__.encode() + body
    return salted_hmac(SALT, versioned, secret=settings.SECRET_KEY, algorithm="sha256").digest()
