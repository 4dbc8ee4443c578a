// Everything that takes time, away from the page: answers messages { id, name, argument }.

import { annealedMean, meanOf, probabilities } from "./distribution.js";
import { rgbToLab } from "./color.js";
import { loadNetwork } from "./network.js";
import { noteOf, withNote } from "./note.js";
import { Photo } from "./photo.js";
import { Problem, sentenceFor } from "./problem.js";

let network; // a promise of it, once asked for
let photo;
let answer; // of the network for this photo: { logits, width, height }

const tasks = {
  load({ provider }) {
    const show = (received, total) => postMessage({ progress: { received, total } });
    network ??= loadNetwork(provider, show);
    return network.then(() => null, (error) => {
      network = undefined; // so that the next try starts anew
      throw error;
    });
  },

  // Takes a file or a bitmap; gives the preview as it came and in gray.
  async open(source) {
    const opened = new Photo(source instanceof Blob ? await decode(source) : source);
    photo?.close(); // only now: a bad file leaves the earlier photo as it is
    photo = opened;
    answer = undefined;
    const { width, height } = photo.bitmap;
    return { width, height, original: photo.preview, gray: photo.gray() };
  },

  async think() {
    const { run, provider, size } = await network;
    const { lightness, width, height } = photo.forNetwork(size);
    answer = await run(lightness, width, height);
    return { width: answer.width, height: answer.height, provider: provider() };
  },

  async color({ T }) {
    return photo.colored(await abAt(T));
  },

  // The distribution behind one pixel of the preview.
  async probe({ x, y, T }) {
    const { bins } = await network;
    const { width, height } = photo.preview;
    const cells = answer.width * answer.height;
    const column = Math.floor((x / width) * answer.width);
    const cell = Math.floor((y / height) * answer.height) * answer.width + column;
    const at = (temperature) => probabilities(answer.logits, cells, cell, temperature);
    const shares = at(1);
    const pixel = y * width + x;
    return {
      bins, shares, lab: rgbToLab(...photo.preview.data.subarray(4 * pixel, 4 * pixel + 3)),
      mean: meanOf(shares, bins), mode: meanOf(at(0), bins), annealed: meanOf(at(T), bins),
    };
  },

  async save({ T, type }) {
    const ab = await abAt(T);
    const file = await photo.save(ab, type).catch((error) => {
      throw new Problem("save", { cause: error });
    });
    return withNote(file, noteOf(T));
  },
};

async function abAt(T) {
  const { bins } = await network;
  const { logits, width, height } = answer;
  const [a, b] = annealedMean(logits, width * height, bins, T);
  return { a, b, width, height };
}

function decode(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" }).catch((error) => {
    throw new Problem("image", { cause: error });
  });
}

async function reply({ id, name, argument }) {
  try {
    postMessage({ id, result: await tasks[name](argument) });
  } catch (error) {
    console.warn(error, error.cause);
    postMessage({ id, sentence: sentenceFor(error) });
  }
}

let queue = Promise.resolve(); // one after the other: two photos in a hurry must not mix
onmessage = ({ data }) => {
  queue = queue.then(() => reply(data));
};
