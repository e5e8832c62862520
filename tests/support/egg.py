"""What a demo imports, which its nest has imported before."""

import nearhand.cli
import nearhand.simulation.demo
import nearhand.simulation.launch  # noqa: F401
