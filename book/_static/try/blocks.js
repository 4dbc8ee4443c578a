// What the blocks of a network give for a photo: which channels stand out, and how far a place sees.

const CHANNELS = 5; // shown of each block

// Mean and standard deviation of each channel of a block's output, over the whole photo.
export function spreadOf(data, cells) {
  return Array.from({ length: data.length / cells }, (_, channel) => {
    const map = data.subarray(channel * cells, (channel + 1) * cells);
    let [sum, squares] = [0, 0];
    for (const value of map) sum += value;
    const mean = sum / cells;
    for (const value of map) squares += (value - mean) ** 2;
    return { mean, deviation: Math.sqrt(squares / cells) };
  });
}

// The channels that stand out most at a place: by how many standard deviations each is there above
// its own mean over the photo. A channel that is the same everywhere says nothing.
function strongest(data, cells, spread, cell) {
  return spread
    .map(({ mean, deviation }, channel) => ({
      channel, apart: deviation > 1e-6 ? (data[channel * cells + cell] - mean) / deviation : -Infinity,
    }))
    .sort((one, other) => other.apart - one.apart)
    .slice(0, CHANNELS)
    .map((one) => ({ ...one, map: data.slice(one.channel * cells, (one.channel + 1) * cells) }));
}

// First and last pixel, along one side, that a place depends on, as colorlib.engine.counting has it:
// back through the convolutions of the blocks. Less than 0, or beyond the side, is padding.
export function fieldOf(convolutions, at) {
  let [first, last] = [at, at];
  for (const { kernel, stride, padding, dilation, transposed } of [...convolutions].reverse()) {
    const reach = (kernel - 1) * dilation;
    if (transposed) {
      first = Math.ceil((first + padding - reach) / stride);
      last = Math.floor((last + padding) / stride);
    } else {
      first = first * stride - padding;
      last = last * stride - padding + reach;
    }
  }
  return [first, last];
}

// A block, seen from a place of the photo, which is told in shares of its sides.
export function fromPlace({ name, data, channels, width, height, spread, convolutions }, seen, across, down) {
  const [column, row] = [Math.floor(across * width), Math.floor(down * height)];
  const [left, right] = fieldOf(convolutions, column);
  const [top, bottom] = fieldOf(convolutions, row);
  const within = (value, side) => Math.min(Math.max(value, 0), side);
  const field = [within(left, seen.width), within(top, seen.height), within(right + 1, seen.width),
    within(bottom + 1, seen.height)];
  return {
    name, channels, width, height, field, place: { x: column, y: row },
    sides: [right - left + 1, bottom - top + 1],
    share: ((field[2] - field[0]) * (field[3] - field[1])) / (seen.width * seen.height),
    strongest: strongest(data, width * height, spread, row * width + column),
  };
}
