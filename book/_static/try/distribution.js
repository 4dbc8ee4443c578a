// From a distribution over the 313 bins to one color, as colorlib.inference.annealed_mean does it.

// softmax(logits / T) of one cell; at T = 0 all of it is in the likeliest bin.
// `logits` has a plane of `cells` numbers for each bin.
export function probabilities(logits, cells, cell, T) {
  const count = logits.length / cells;
  const shares = new Float64Array(count);
  let best = 0;
  for (let q = 1; q < count; q++) {
    if (logits[q * cells + cell] > logits[best * cells + cell]) best = q;
  }
  if (T === 0) {
    shares[best] = 1;
    return shares;
  }
  const top = logits[best * cells + cell];
  let sum = 0;
  for (let q = 0; q < count; q++) {
    shares[q] = Math.exp((logits[q * cells + cell] - top) / T);
    sum += shares[q];
  }
  return shares.map((share) => share / sum);
}

// Mean (a, b) of a distribution.
export function meanOf(shares, bins) {
  let a = 0;
  let b = 0;
  for (let q = 0; q < shares.length; q++) {
    a += shares[q] * bins[q][0];
    b += shares[q] * bins[q][1];
  }
  return [a, b];
}

// The likeliest bins that differ enough to be told apart, at most `count`.
export function likeliest(shares, bins, count = 6, apart = 20) {
  const order = [...shares.keys()].sort((p, q) => shares[q] - shares[p]);
  const found = [];
  for (const q of order) {
    if (found.length === count) break;
    const [a, b] = bins[q];
    if (found.every((p) => Math.hypot(a - bins[p][0], b - bins[p][1]) >= apart)) found.push(q);
  }
  return found.map((q) => ({ ab: bins[q], share: shares[q] }));
}

// The annealed mean of every cell: two maps, a and b. Runs along the planes, as memory lies.
export function annealedMean(logits, cells, bins, T) {
  const top = logits.slice(0, cells);
  const best = new Uint16Array(cells);
  for (let q = 1; q < bins.length; q++) {
    for (let i = 0, at = q * cells; i < cells; i++, at++) {
      if (logits[at] > top[i]) {
        top[i] = logits[at];
        best[i] = q;
      }
    }
  }
  if (T === 0) return [0, 1].map((axis) => Float32Array.from(best, (q) => bins[q][axis]));
  const [a, b, sum] = [0, 1, 2].map(() => new Float64Array(cells));
  for (let q = 0; q < bins.length; q++) {
    const [binA, binB] = bins[q];
    for (let i = 0, at = q * cells; i < cells; i++, at++) {
      const share = Math.exp((logits[at] - top[i]) / T);
      sum[i] += share;
      a[i] += share * binA;
      b[i] += share * binB;
    }
  }
  return [a, b].map((axis) => Float32Array.from(axis, (value, i) => value / sum[i]));
}
