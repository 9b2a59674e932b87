"""Makes of an uploaded file the sizes that pages show: read by content, turned upright, without any metadata."""

from io import BytesIO

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from api.catalog.images.sizes import EDGES, Size
from api.errors import UnsupportedMediaType, ValidationFailed

FORMATS = ("JPEG", "PNG", "WEBP")
CONTENT_TYPE = "image/webp"
QUALITY = 82
MOST_PIXELS = 50_000_000
"""A small file can hold a huge picture: more than this is not decoded."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in all its sizes; width and height in pixels are those of the largest."""

    width: int
    height: int
    sizes: dict[Size, bytes]


def encoded(content: bytes) -> Picture:
    """The sizes of an uploaded picture, none larger than it was.

    Raises UnsupportedMediaType for what is no JPEG, PNG or WebP, ValidationFailed for one that is broken or too large.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _refusal(f"has more than {MOST_PIXELS:,} pixels")
            upright = ImageOps.exif_transpose(opened)
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UnidentifiedImageError as error:
        raise UnsupportedMediaType("The file is no JPEG, PNG or WebP picture.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _refusal("is a broken picture") from error
    sizes = {size: _scaled(plain, edge) for size, edge in EDGES.items()}
    largest = _fitted(plain, EDGES["large"])
    return Picture(width=largest[0], height=largest[1], sizes=sizes)


def _refusal(message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": "body.file", "message": message, "code": "picture"}])


def _fitted(picture: Image.Image, edge: int) -> tuple[int, int]:
    scale = min(1.0, edge / max(picture.size))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _scaled(picture: Image.Image, edge: int) -> bytes:
    """A copy drawn anew: what else the file carried (place, camera, thumbnails) stays behind."""
    target = BytesIO()
    picture.resize(_fitted(picture, edge), Image.Resampling.LANCZOS).save(target, "WEBP", quality=QUALITY)
    return target.getvalue()
