// Bilinear resizing as torch.nn.functional.interpolate does it, so that both see the same picture.

// For each place of the output: where its source pixels begin, and their weights.
// Reducing, a pixel is a weighted mean of all that it covers (antialias=True in torch).
function taps(from, to) {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const center = scale * (i + 0.5);
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), from);
    const weights = Float32Array.from({ length: end - start }, (_, j) =>
      Math.max(0, 1 - Math.abs((start + j + 0.5 - center) / support)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

// Reduces a picture that comes row by row, so that a large one is never in memory as floats.
export class Reducer {
  constructor(width, height, toWidth, toHeight) {
    this.columns = taps(width, toWidth);
    this.rows = taps(height, toHeight);
    this.result = new Float32Array(toWidth * toHeight);
    this.line = new Float32Array(toWidth);
    this.y = 0; // rows seen
    this.first = 0; // the first row of the result that is not finished
  }

  add(row) {
    const { columns, rows, line, result } = this;
    for (let x = 0; x < columns.length; x++) {
      const { start, weights } = columns[x];
      let sum = 0;
      for (let j = 0; j < weights.length; j++) sum += weights[j] * row[start + j];
      line[x] = sum;
    }
    for (let i = this.first; i < rows.length && rows[i].start <= this.y; i++) {
      const { start, weights } = rows[i];
      if (this.y >= start + weights.length) {
        this.first = i + 1;
        continue;
      }
      const weight = weights[this.y - start];
      for (let x = 0, at = i * line.length; x < line.length; x++) result[at + x] += weight * line[x];
    }
    this.y++;
  }
}

// For each place of an enlarged line: the two source pixels it lies between, and the second's share.
function between(from, to) {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const share = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const place = Math.max((i + 0.5) * (from / to) - 0.5, 0);
    first[i] = Math.min(Math.trunc(place), from - 1);
    second[i] = Math.min(first[i] + 1, from - 1);
    share[i] = place - first[i];
  }
  return { first, second, share };
}

// Enlarges one map of floats, a row at a time: row(y) fills and returns a line.
export class Enlarger {
  constructor(map, width, height, toWidth, toHeight) {
    Object.assign(this, { map, width });
    this.x = between(width, toWidth);
    this.y = between(height, toHeight);
    this.mixed = new Float32Array(width);
    this.line = new Float32Array(toWidth);
  }

  row(y) {
    const { map, width, mixed, line } = this;
    const above = this.y.first[y] * width;
    const below = this.y.second[y] * width;
    const down = this.y.share[y];
    for (let i = 0; i < width; i++) mixed[i] = (1 - down) * map[above + i] + down * map[below + i];
    const { first, second, share } = this.x;
    for (let i = 0; i < line.length; i++) {
      line[i] = (1 - share[i]) * mixed[first[i]] + share[i] * mixed[second[i]];
    }
    return line;
  }
}
