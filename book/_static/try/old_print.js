// The scan of an old print, made more like the photographs that the network knows, as
// colorlib.limits.old_prints does it: L of a whole picture in, the same array mended out (chapter 12b).

const [BLACK, WHITE] = [4, 95]; // where the darkest and the lightest hundredth of L go
const [PATCH, REACH] = [5, 6]; // side of a patch, and how far away patches are that it is compared with
const PAD = 9; // pixels around a strip that its own depend on
const ROWS = 128; // of a strip: small enough for the processor's cache
const FAR = 5; // patches that differ by more have no weight
const FINE = 2048;
const FALLING = Float32Array.from({ length: FAR * FINE + 1 }, (_, i) => Math.exp(-i / FINE));

const STEPS = { spots: mendSpots, grain: removeGrain, levels: setLevels };

// `onProgress` is told the share that is done.
export function prepared(L, width, height, steps, onProgress = () => {}) {
  steps.forEach((name, i) => {
    STEPS[name](L, width, height, (share) => onProgress((i + share) / steps.length));
    onProgress((i + 1) / steps.length);
  });
  for (let i = 0; i < L.length; i++) L[i] = Math.min(Math.max(L[i], 0), 100);
  return L;
}

// Where a pixel stands out from its 5 x 5 by more than grain does, the median takes over.
function mendSpots(L, width, height, onProgress) {
  const middle = medians(L, width, height, onProgress);
  const apart = L.map((value, i) => Math.abs(value - middle[i]));
  const most = 4 * quantiles(apart, [0.5])[0] + 4;
  for (let i = 0; i < L.length; i++) if (apart[i] > most) L[i] = middle[i];
}

// The median of the 5 x 5 around each pixel: columns of five are sorted once, then merged.
function medians(L, width, height, onProgress) {
  const result = new Float32Array(L.length);
  const columns = new Float32Array(5 * (width + 4));
  const heads = new Int32Array(5);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width + 4; x++) {
      const column = mirrored(x - 2, width);
      for (let i = 0; i < 5; i++) { // sorted as they come
        const value = L[mirrored(y + i - 2, height) * width + column];
        let j = 5 * x + i;
        for (; j > 5 * x && columns[j - 1] > value; j--) columns[j] = columns[j - 1];
        columns[j] = value;
      }
    }
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < 5; i++) heads[i] = 5 * (x + i);
      let least;
      for (let rank = 0; rank < 13; rank++) {
        let from = -1;
        for (let i = 0; i < 5; i++) {
          if (heads[i] === 5 * (x + i + 1)) continue;
          if (from < 0 || columns[heads[i]] < least) {
            from = i;
            least = columns[heads[i]];
          }
        }
        heads[from]++;
      }
      result[y * width + x] = least;
    }
    if (y % ROWS === 0) onProgress(y / height);
  }
  return result;
}

// Non-local means: each pixel becomes the mean of those whose surroundings look alike. A strip at a time.
function removeGrain(L, width, height, onProgress) {
  const soft = blurred(L, width, height, 1.5);
  for (let i = 0; i < L.length; i++) soft[i] = Math.abs(L[i] - soft[i]);
  const sigma = 1.48 * quantiles(soft, [0.5])[0]; // in places without edges
  if (!sigma) return;
  const whole = L.slice();
  for (let top = 0; top < height; top += ROWS) {
    const rows = Math.min(ROWS, height - top);
    const strip = padded(whole, width, height, top, rows);
    L.set(averaged(strip, width, rows, 0.8 * sigma, sigma ** 2), top * width);
    onProgress((top + rows) / height);
  }
}

function padded(L, width, height, top, rows) {
  const wide = width + 2 * PAD;
  const strip = new Float32Array(wide * (rows + 2 * PAD));
  for (let y = 0; y < rows + 2 * PAD; y++) {
    const from = reflected(top + y - PAD, height) * width;
    for (let x = 0; x < wide; x++) strip[y * wide + x] = L[from + reflected(x - PAD, width)];
  }
  return strip;
}

function averaged(strip, width, rows, h, variance) {
  const wide = width + 2 * PAD;
  const sums = strip.slice(); // a pixel counts once for itself
  const weights = new Float32Array(strip.length).fill(1);
  for (let across = 0; across <= REACH; across++) {
    for (let down = across ? -REACH : 1; down <= REACH; down++) {
      addShifted(strip, wide, width, rows, { across, down }, (PATCH * h) ** -2, 32 * variance, sums, weights);
    }
  }
  const result = new Float32Array(width * rows);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0, at = (y + PAD) * wide + PAD; x < width; x++, i++, at++) result[i] = sums[at] / weights[at];
  }
  return result;
}

// Each pixel and the one `across` and `down` of it: how alike their surroundings of 4 x 4 are is the weight
// that each has for the other. The squared differences of four rows are summed up as the rows go by.
function addShifted(strip, wide, width, rows, { across, down }, scale, expected, sums, weights) {
  const shift = down * wide + across;
  const [first, last] = [PAD - Math.max(down, 0), PAD + rows - 1 + Math.max(-down, 0)];
  const [left, right] = [PAD - across, PAD + width - 1];
  const columns = new Float64Array(wide);
  const kept = [0, 1, 2, 3].map(() => new Float64Array(wide));
  for (let y = first - 1; y <= last + 2; y++) {
    const line = kept[y & 3];
    for (let x = left - 1, at = y * wide + x; x <= right + 2; x++, at++) {
      const apart = strip[at] - strip[at + shift];
      const square = apart * apart;
      columns[x] += square - line[x];
      line[x] = square;
    }
    if (y < first + 2) continue;
    let sum = columns[left - 1] + columns[left] + columns[left + 1];
    for (let x = left, at = (y - 2) * wide + x; x <= right; x++, at++) {
      sum += columns[x + 2];
      const distance = (sum - expected) * scale;
      sum -= columns[x - 1];
      if (distance > FAR) continue;
      const weight = distance > 0 ? FALLING[(distance * FINE) | 0] : 1;
      sums[at] += weight * strip[at + shift];
      weights[at] += weight;
      sums[at + shift] += weight * strip[at];
      weights[at + shift] += weight;
    }
  }
}

// Stretch L until its darkest and lightest hundredths are where photographs have them.
function setLevels(L) {
  const [low, high] = quantiles(L, [0.01, 0.99]);
  const scale = (WHITE - BLACK) / Math.max(high - low, 1e-6);
  for (let i = 0; i < L.length; i++) L[i] = BLACK + (L[i] - low) * scale;
}

function blurred(L, width, height, sigma) {
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const result = new Float32Array(L.length);
  const line = new Float32Array(width + 2 * radius);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < line.length; x++) {
      const column = mirrored(x - radius, width);
      let sum = 0;
      for (let i = 0; i < kernel.length; i++) {
        sum += kernel[i] * L[mirrored(y + i - radius, height) * width + column];
      }
      line[x] = sum;
    }
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0; i < kernel.length; i++) sum += kernel[i] * line[x + i];
      result[y * width + x] = sum / total ** 2;
    }
  }
  return result;
}

// Beyond its border a picture goes on as in a mirror: the last pixel twice, or once.
function mirrored(i, count) {
  if (i >= 0 && i < count) return i;
  const place = ((i % (2 * count)) + 2 * count) % (2 * count);
  return Math.min(place, 2 * count - 1 - place);
}

function reflected(i, count) {
  if (i >= 0 && i < count) return i;
  const period = Math.max(2 * count - 2, 1);
  const place = ((i % period) + period) % period;
  return Math.min(place, period - place);
}

// As NumPy's, between two values in proportion.
function quantiles(values, shares) {
  const sorted = values.slice().sort();
  return shares.map((share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  });
}
