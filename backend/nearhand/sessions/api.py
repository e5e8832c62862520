"""REST doors of sessions."""

from fastapi import APIRouter

router = APIRouter(tags=["sessions"])
