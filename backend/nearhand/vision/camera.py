"""Describe a camera: how it maps directions to pixels."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

# A phone's main camera has 24-28 mm (35 mm equivalent), 0.70-0.80 of the longer side; video is cropped a little
# for stabilisation, and laptop cameras lie at 0.75-0.95. A tenth to either side is what nominal must admit.
NOMINAL_FOCAL = 0.8
NOMINAL_FOCAL_SD = 0.1
STATED_FOCAL_SD = 0.04  # written as whole millimetres, and lenses breathe
# A camera that is given without saying how sure it is: of this kind of phone rather than of this very one.
GIVEN_FOCAL_SD = 0.05
NOMINAL_K1_SD = 0.03
FULL_FRAME_DIAGONAL_MM = 43.27


class Intrinsics(BaseModel):
    """Pinhole intrinsics in pixels for pictures of this size; pixel centres are integers, `k1` is OpenCV's.

    `focal_sd` and `k1_sd` say how sure they are: standard deviations of the logarithm of the focal length, and of k1.
    A camera that is given without them is one of its kind, not this very one; give zeros for one that was calibrated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0, le=100_000)
    height: int = Field(gt=0, le=100_000)
    fx: float = Field(gt=0, le=1e6, allow_inf_nan=False)
    fy: float = Field(gt=0, le=1e6, allow_inf_nan=False)
    cx: float = Field(ge=-1e6, le=1e6, allow_inf_nan=False)
    cy: float = Field(ge=-1e6, le=1e6, allow_inf_nan=False)
    k1: float = Field(0.0, ge=-5, le=5, allow_inf_nan=False)
    focal_sd: float = Field(
        GIVEN_FOCAL_SD, ge=0, le=1, allow_inf_nan=False
    )  # of the focal length's logarithm
    k1_sd: float = Field(NOMINAL_K1_SD, ge=0, le=1, allow_inf_nan=False)

    def matrix(self) -> NDArray[np.float64]:
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], dtype=np.float64)

    def with_focal(self, fx: float) -> "Intrinsics":
        """The same camera with another focal length; the ratio of fy to fx stays."""
        return self.model_copy(update={"fx": fx, "fy": fx * self.fy / self.fx})

    def scaled_to(self, width: int, height: int) -> "Intrinsics":
        """The same camera for pictures of another resolution. Raises ValueError when the shape differs."""
        if (width, height) == (self.width, self.height):
            return self
        sx, sy = width / self.width, height / self.height
        if abs(sx / sy - 1) > 0.02:
            raise ValueError(
                f"the camera is for {self.width} x {self.height} pixels; {width} x {height} is another shape"
            )
        return Intrinsics(
            width=width,
            height=height,
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5,
            cy=(self.cy + 0.5) * sy - 0.5,
            k1=self.k1,
            focal_sd=self.focal_sd,
            k1_sd=self.k1_sd,
        )


def nominal(width: int, height: int, focal_35mm: float | None = None) -> Intrinsics:
    """What is assumed of an unknown camera: a phone's, or the focal length that the picture itself states."""
    focal, focal_sd = NOMINAL_FOCAL * max(width, height), NOMINAL_FOCAL_SD
    if focal_35mm is not None:
        focal_sd = STATED_FOCAL_SD
        focal = focal_35mm / FULL_FRAME_DIAGONAL_MM * float(np.hypot(width, height))
    return Intrinsics(
        width=width,
        height=height,
        fx=focal,
        fy=focal,
        cx=(width - 1) / 2,
        cy=(height - 1) / 2,
        k1=0.0,
        focal_sd=focal_sd,
    )
