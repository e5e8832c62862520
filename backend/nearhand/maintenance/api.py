"""REST doors of maintenance."""

from fastapi import APIRouter

router = APIRouter(tags=["maintenance"])
