"""Files that are no rows: in a folder of the instance's home, or in a bucket of an S3 server by setting."""

from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from api.errors import Unavailable
from api.settings import ObjectSettings

FOLDER = "objects"
CALL = timedelta(seconds=10)


class Objects:
    """Puts bytes under a key and gives them back; keys are paths of our own making, never a caller's words."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def of(cls, settings: ObjectSettings) -> "Objects":
        """The store that the settings name."""
        if not settings.s3_bucket:
            return cls(LocalStore(Path(settings.home) / FOLDER, mkdir=True))
        endpoint = settings.s3_endpoint or None
        store = S3Store(
            settings.s3_bucket,
            endpoint=endpoint,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key,
            secret_access_key=settings.s3_secret_key,
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": CALL},
            retry_config={"max_retries": 3, "retry_timeout": CALL},
        )
        return cls(store)

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep bytes under a key; Unavailable when the store does not take them."""
        try:
            attributes = {"Content-Type": content_type} if isinstance(self._store, S3Store) else None
            await obstore.put_async(self._store, key, content, attributes=attributes)
        except (BaseError, OSError) as error:
            raise Unavailable("The object store does not take files at the moment.", retry_after=5) from error

    async def get(self, key: str) -> bytes | None:
        """The bytes of a key, None when there are none; Unavailable when the store does not answer."""
        try:
            return bytes(await (await obstore.get_async(self._store, key)).bytes_async())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise Unavailable("The object store does not answer at the moment.", retry_after=5) from error
