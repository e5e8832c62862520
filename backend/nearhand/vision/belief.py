"""Calculate with beliefs about a pose: carry their uncertainty along a motion, and join two of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.pose import Pose, inverse, perturb, rotation_vector

Array = NDArray[np.float64]
SHARES = np.linspace(0, 1, 9)


@dataclass(frozen=True, eq=False)
class Belief:
    """A pose, and the 6x6 covariance of a camera-side step (see pose.perturb)."""

    pose: Pose
    covariance: Array


def step_between(before: Pose, after: Pose) -> Array:
    """The camera-side step that leads from one pose to another."""
    change = after @ inverse(before)
    return np.append(rotation_vector(change[:3, :3]), change[:3, 3])


def carried(belief: Belief, to: Pose) -> Array:
    """The covariance of an error that stays the same on the face while the camera moves to another pose."""
    motion = to @ inverse(belief.pose)
    x, y, z = motion[:3, 3]
    adjoint = np.zeros((6, 6))
    adjoint[:3, :3] = adjoint[3:, 3:] = motion[:3, :3]
    adjoint[3:, :3] = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ motion[:3, :3]
    return np.asarray(adjoint @ belief.covariance @ adjoint.T)


def disagreement(a: Belief, b: Belief) -> float:
    """How far two beliefs are apart, squared, in their joint standard deviations; six degrees of freedom."""
    step = step_between(a.pose, b.pose)
    return float(step @ np.linalg.pinv(a.covariance + b.covariance, hermitian=True) @ step)


def joined(a: Belief, b: Belief) -> Belief:
    """Join two beliefs whose errors may have common causes (the same lens, the same print): covariance intersection.

    It never claims more than they do: averaging a hundred looks adds no false certainty.
    """
    in_a, in_b = (np.linalg.inv(one.covariance) for one in (a, b))
    values = [np.linalg.slogdet((1 - share) * in_a + share * in_b)[1] for share in SHARES]
    share = SHARES[int(np.argmax(values))]
    covariance = np.linalg.inv((1 - share) * in_a + share * in_b)
    step = covariance @ (share * in_b) @ step_between(a.pose, b.pose)
    return Belief(perturb(a.pose, step), covariance)
