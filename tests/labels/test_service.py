from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import pypdfium2
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.catalogue import catalogue
from nearhand.labels.model import NoRoom
