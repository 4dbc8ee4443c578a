// What can go wrong, each in a sentence, with a way on.

const LARGEST = 50; // megapixels

const SENTENCES = {
  image: "This file is no picture that your browser can read; a JPEG, PNG or WebP file works.",
  large: `This photo has more than ${LARGEST} megapixels, too many for a browser's memory; reduce it first, ` +
    "or use “colorlib colorize” on your own machine.",
  memory: "Your browser ran out of memory; close other tabs, or take a smaller copy of the photo.",
  wasm: "Your browser can't run the network, since WebAssembly is missing or turned off in it; try " +
    "another browser, or chapter 00 in Colab.",
  offline: "The network could not be fetched; see whether you are connected, then choose the photo again.",
  worker: "Your browser can't run this page's code; a newer one can, and so can chapter 00 in Colab.",
  stroke: "A line of this file is no hint (line %). A color and a point stand in each, like this: #3060c0 40,30.",
  strokes: "There are no hints in this file; each line has a color and a point, like this: #3060c0 40,30.",
  outside: "These hints are for another photo: a point lies outside this one.",
  save: "Your browser could not make a file of this size; take a smaller copy of the photo.",
};

export class Problem extends Error {
  constructor(kind, { detail = "", ...options } = {}) {
    super(SENTENCES[kind].replace("%", detail), options);
    this.kind = kind;
  }
}

export function isTooLarge(width, height) {
  return width * height > LARGEST * 1e6;
}

// Any error as a sentence for the reader.
export function sentenceFor(error) {
  if (error instanceof Problem) return error.message;
  const outOfMemory = error instanceof RangeError || /memory|allocat/i.test(error?.message);
  if (outOfMemory) return SENTENCES.memory;
  return `Something went wrong (${error?.message || error}); reload the page and try again.`;
}
