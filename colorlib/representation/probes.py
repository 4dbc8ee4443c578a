"""Linear probes: how well a linear classifier names photos from features (chapter 11)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

PENALTIES = tuple(10 ** (k / 2) for k in range(2, -9, -1))  # from strong to weak, 10 to 1e-4
FLAT = 1e-4  # a fit ends when no slope is larger


@dataclass(frozen=True)
class Probe:
    """A linear classifier: multinomial logistic regression on standardized features.

    Attributes
    ----------
    mean, std : (D,) of the features that it was fitted to.
    weight, bias : (D, classes) and (classes,).
    penalty : factor of half the sum of squared weights in the loss.
    slope : the largest slope of the loss at the end of the fit, in units in which its curvature is
        about 1: how far the fit is from its one minimum.
    """

    mean: np.ndarray
    std: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    penalty: float
    slope: float

    def log_probabilities(self, x: np.ndarray) -> np.ndarray:
        """(N, D) features to (N, classes)."""
        return log_softmax((x - self.mean) / self.std @ self.weight + self.bias, axis=1)

    def right(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Whether the likeliest class of each is the true one: booleans (N,)."""
        return self.log_probabilities(x).argmax(1) == y

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """Mean cross-entropy in nats."""
        return float(-self.log_probabilities(x)[np.arange(len(y)), y].mean())


def probe_path(x: np.ndarray, y: np.ndarray,
               penalties: Sequence[float] = PENALTIES) -> Iterator[Probe]:
    """Probes of weaker and weaker penalty; each fit begins where the one before ended.

    Parameters
    ----------
    x : array, shape (N, D).
    y : integers from 0, shape (N,).

    Notes
    -----
    Minimizes mean cross-entropy + penalty / 2 * sum(weight^2), which is convex, by L-BFGS. First
    the features are rotated to their principal axes, which leaves the penalty as it is, and each
    axis is scaled by its curvature: then all slopes have about one size, and some tens of steps
    are enough.
    """
    x, classes = np.asarray(x, dtype=np.float64), int(y.max()) + 1
    mean, std = x.mean(0), x.std(0)
    std = np.where(std > 1e-8, std, 1.0)  # a feature that never changes stays 0
    z = (x - mean) / std
    if len(z) < z.shape[1]:  # fewer photos than features span as many axes as there are photos
        _, stretch, axes = np.linalg.svd(z, full_matrices=False)
        spectrum, axes = stretch**2 / len(z), axes.T
    else:
        spectrum, axes = np.linalg.eigh(z.T @ z / len(z))
    z, target = z @ axes, np.eye(classes)[y]
    weight, bias = np.zeros((z.shape[1], classes)), np.zeros(classes)
    for penalty in penalties:
        scale = 1 / np.sqrt(0.1 * spectrum.clip(0) + penalty)[:, None]
        scaled = z * scale.T

        def loss(theta, scaled=scaled, scale=scale, penalty=penalty):
            v, b = np.split(theta.reshape(-1, classes), [-1])
            logs = log_softmax(scaled @ v + b, axis=1)
            error = (np.exp(logs) - target) / len(z)
            slope = np.concatenate([scaled.T @ error + penalty * scale**2 * v,
                                    error.sum(0, keepdims=True)])
            value = -(logs * target).sum() / len(z) + penalty / 2 * ((scale * v) ** 2).sum()
            return value, slope.ravel()

        start = np.concatenate([weight / scale, bias[None]]).ravel()
        found = minimize(loss, start, jac=True, method="L-BFGS-B",
                         options={"gtol": FLAT, "ftol": 0, "maxiter": 1000, "maxfun": 2000})
        v, b = np.split(found.x.reshape(-1, classes), [-1])
        weight, bias = scale * v, b[0]
        yield Probe(mean, std, axes @ weight, bias, penalty, float(np.abs(found.jac).max()))


def best_probe(x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray,
               penalties: Sequence[float] = PENALTIES) -> Probe:
    """The probe of the path with the smallest loss on photographs held out of the fit."""
    best, least = None, np.inf
    for probe in probe_path(x, y, penalties):
        loss = probe.loss(held_x, held_y)
        if loss > 1.1 * least:
            break  # weaker penalties only overfit more, and their fits take longer
        if loss < least:
            best, least = probe, loss
    return best
