"""REST doors of manuals."""

from fastapi import APIRouter

router = APIRouter(tags=["manuals"])
