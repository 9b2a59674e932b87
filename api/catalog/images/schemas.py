"""The bodies of answers about pictures."""

from typing import Any
from uuid import UUID

from api.catalog.schemas import ImageAnswer

UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP"}},
                }
            }
        },
    }
}
"""What the document says of an upload, which is read by hand so that its bound holds while it comes in."""


class NewImage(ImageAnswer):
    """The picture that was added, and whose it is."""

    product_id: UUID
