"""Pictures of products over HTTP (E-CAT-10, E-CAT-11)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.auth import Conn, Member, SellerCaller
from api.catalog import pages
from api.catalog import service as catalog
from api.catalog.images import service
from api.catalog.images.encoding import CONTENT_TYPE
from api.catalog.images.schemas import UPLOAD, NewImage
from api.catalog.images.sizes import Size
from api.edge import Route
from api.errors import NotFound, PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from api.middleware import UPLOAD_LIMIT
from api.objects import Objects
from api.problems import problems
from api.unit import Work

FOREVER = "public, max-age=31536000, immutable"
FILE = {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}

router = APIRouter(prefix="/v1", tags=["catalog"], route_class=Route)


def _objects(request: Request) -> Objects:
    found: Objects = request.app.state.objects
    return found


@router.post(
    "/products/{product_id}/images",
    status_code=201,
    summary="Add a picture",
    openapi_extra=UPLOAD,
    responses=problems(NotFound, PayloadTooLarge, UnsupportedMediaType),
)
async def add_product_image(
    product_id: UUID, caller: SellerCaller, request: Request, work: Work, conn: Conn
) -> NewImage:
    """JPEG, PNG or WebP, at most 5 MiB; it is drawn anew in three sizes, without metadata (E-CAT-10, R-CAT-8)."""
    await catalog.require_room(conn, caller, product_id)
    await work.rollback()
    object_key, picture = await service.prepare(_objects(request), await _file(request))
    row = await service.add(await work.connection(), caller, product_id, object_key, picture)
    await _show(request, work, product_id)
    return NewImage.model_validate({**pages.image(row), "product_id": product_id})


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """The form of one file; ValidationFailed says what else there is, or what is broken."""
    try:
        form = await request.form(max_files=1, max_fields=0)
    except HTTPException as error:
        if error.status_code != HTTPStatus.BAD_REQUEST:
            raise
        entry = {"field": "body", "message": f"must be a form of one file alone: {error.detail}", "code": "form"}
        raise ValidationFailed(errors=[entry]) from error
    try:
        yield form
    finally:
        await form.close()


async def _file(request: Request) -> bytes:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedMediaType("Send the picture as multipart/form-data, in the field file.")
    async with _form(request) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            entry = {"field": "body.file", "message": "is missing", "code": "missing"}
            raise ValidationFailed(errors=[entry])
        content = await file.read(UPLOAD_LIMIT + 1)
    if len(content) > UPLOAD_LIMIT:
        raise PayloadTooLarge(limit=UPLOAD_LIMIT)
    return content


async def _show(request: Request, work: Work, product_id: UUID) -> None:
    after = await pages.page(await work.connection(), product_id)
    if after is not None:
        work.after_commit(lambda: pages.remember(request.app.state.cache, after))


@router.delete(
    "/products/{product_id}/images/{image_id}",
    status_code=204,
    summary="Take a picture away",
    responses=problems(NotFound),
)
async def delete_product_image(product_id: UUID, image_id: UUID, caller: Member, request: Request, work: Work) -> None:
    """Its file stays, for orders that show it (E-CAT-11, R-CAT-7)."""
    await catalog.remove_image(await work.connection(), caller, product_id, image_id)
    await _show(request, work, product_id)


@router.get(
    "/images/{object_key}/{size}",
    summary="A picture",
    response_class=Response,
    responses={
        200: FILE,
        304: {"description": "the caller has it"},
        **problems(NotFound),
    },
)
async def get_image(
    object_key: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
    size: Size,
    request: Request,
    if_none_match: Annotated[str, Header(description="the ETag of a copy, which is not sent again")] = "",
) -> Response:
    """The file; it never changes, so keep it (R-CAT-8)."""
    content = await _objects(request).get(service.path(object_key, size))
    if content is None:
        raise NotFound
    headers = {"Cache-Control": FOREVER, "ETag": f'"{object_key}"'}
    if _names(if_none_match, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, media_type=CONTENT_TYPE, headers=headers)


def _names(tags: str, tag: str) -> bool:
    """Whether a list of ETags has one, weak or strong, or stands for any (RFC 9110, 13.1.2)."""
    return bool({"*", tag, f"W/{tag}"}.intersection(each.strip() for each in tags.split(",")))
