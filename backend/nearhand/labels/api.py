"""REST doors of labels."""

from fastapi import APIRouter

router = APIRouter(tags=["labels"])
