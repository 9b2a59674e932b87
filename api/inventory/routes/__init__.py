"""Stock, holds and movements over HTTP (E-INV-1 to 9); literal paths before those with an id (R-API-4)."""

from fastapi import APIRouter

from api.inventory.routes import holds, ledger, levels

router = APIRouter(prefix="/v1")
for part in (holds, levels, ledger):
    router.include_router(part.router)
