// Everything that takes time, away from the page: answers messages { id, name, argument }.

import { fromPlace, spreadOf } from "./blocks.js";
import { annealedMean, likeliest, meanOf, probabilities } from "./distribution.js";
import { rgbToLab, writeLab } from "./color.js";
import { attend, mix, onGrid } from "./hints.js";
import { fetched, loadAnother, loadNetwork } from "./network.js";
import { noteOf, withNote } from "./note.js";
import { Photo } from "./photo.js";
import { Problem, sentenceFor } from "./problem.js";

let network; // a promise of it, once asked for
const others = {}; // promises of networks beside it, by name
let photo;
let scan; // the photo as it came, of which `photo` may be a restored one
let answer; // for this photo: { logits, width, height, seen }, and `hinted` logits if there are hints

const tasks = {
  load({ provider }) {
    network ??= loadNetwork(provider, showProgress);
    return network.then(() => null, (error) => {
      network = undefined; // so that the next try starts anew
      throw error;
    });
  },

  async fetched() {
    return fetched;
  },

  // Takes a file or a bitmap; gives the preview as it came and in gray.
  async open(source) {
    const opened = new Photo(source instanceof Blob ? await decode(source) : source);
    scan?.close(); // only now: a bad file leaves the earlier photo as it is
    scan = opened;
    return take(opened);
  },

  // The scan, straightened, cropped and repaired, or null: as it came.
  async restore(settings) {
    return take(settings ? scan.restored(settings, (share) => postMessage({ progress: { share } })) : scan);
  },

  async think() {
    const { run, provider, size } = await network;
    const seen = photo.forNetwork(size);
    answer = { ...await run(seen.lightness, seen.width, seen.height), seen };
    return { width: answer.width, height: answer.height, provider: provider() };
  },

  // Takes all hints that there are; see strokes.js.
  async hint({ hints }) {
    if (hints.length) await findKeys();
    const { about } = await network;
    const wanted = onGrid(hints, photo.bitmap, answer);
    answer.hinted = wanted.size
      ? mix(answer.logits, about.bins, attend(answer, answer, wanted, about.near)) : undefined;
  },

  // Each network on this photo, without hints, and its time: the shorter of two runs.
  async compare({ T }) {
    const { about } = await network;
    const both = [];
    for (const [name, { size, title, parameters, bytes }] of Object.entries(about.networks)) {
      const run = await networkOf(name);
      const seen = photo.forNetwork(size);
      const times = [];
      let found;
      for (let i = 0; i < 2; i++) {
        const start = performance.now();
        found = await run(seen.lightness, seen.width, seen.height);
        times.push(performance.now() - start);
      }
      const { logits, width, height } = found;
      const [a, b] = annealedMean(logits, width * height, about.bins, T);
      const image = photo.colored({ a, b, width, height });
      both.push({ name, title, parameters, bytes, image, milliseconds: Math.min(...times) });
    }
    return both;
  },

  // What the course's network makes of the photo, seen from one pixel of the preview.
  async inside({ x, y }) {
    const { about } = await network;
    const [across, down] = [x / photo.preview.width, y / photo.preview.height];
    const { seen, picture, blocks, logits, width, height } = (answer.inside ??= await findBlocks(about));
    const cells = width * height;
    const cell = Math.floor(down * height) * width + Math.floor(across * width);
    return {
      picture, bins: about.bins, L: labAt(photo.preview, y * photo.preview.width + x)[0],
      place: { x: across * seen.width, y: down * seen.height },
      logits: Float32Array.from(about.bins, (_, q) => logits[q * cells + cell]),
      blocks: blocks.map((block) => fromPlace(block, seen, across, down)),
    };
  },

  async color({ T }) {
    return photo.colored(await abAt(T));
  },

  // The distribution behind one pixel of the preview.
  async probe({ x, y, T }) {
    const { about: { bins } } = await network;
    const { width, height } = photo.preview;
    const cells = answer.width * answer.height;
    const column = Math.floor((x / width) * answer.width);
    const cell = Math.floor((y / height) * answer.height) * answer.width + column;
    const at = (temperature) => probabilities(logitsOf(answer), cells, cell, temperature);
    const shares = at(1);
    const pixel = y * width + x;
    return {
      bins, shares, choices: likeliest(probabilities(answer.logits, cells, cell, 1), bins),
      lab: [labAt(photo.preview, pixel)[0], ...labAt(photo.original, pixel).slice(1)],
      mean: meanOf(shares, bins), mode: meanOf(at(0), bins), annealed: meanOf(at(T), bins),
    };
  },

  async save({ T, type }) {
    const ab = await abAt(T);
    const file = await photo.save(ab, type).catch((error) => {
      throw new Problem("save", { cause: error });
    });
    return withNote(file, noteOf(T, Boolean(answer.hinted), photo.steps));
  },
};

function take(opened) {
  if (photo && photo !== scan && photo !== opened) photo.close();
  photo = opened;
  answer = undefined;
  const { width, height } = photo.bitmap;
  return { width, height, original: photo.original, gray: photo.gray() };
}

function labAt({ data }, pixel) {
  return rgbToLab(...data.subarray(4 * pixel, 4 * pixel + 3));
}

function logitsOf({ logits, hinted }) {
  return hinted ?? logits;
}

async function networkOf(name) {
  const { about, name: first, run } = await network;
  if (name === first) return run;
  others[name] ??= loadAnother(about.networks[name], about, showProgress);
  return others[name].catch((error) => {
    delete others[name]; // so that the next try starts anew
    throw error;
  });
}

// The keys of this photo, found once, when the first hint comes.
async function findKeys() {
  if (answer.keys) return;
  const run = await networkOf("course"); // which has the keys by which hints spread
  const { lightness, width, height } = answer.seen;
  const { others: { keys, alone } } = await run(lightness, width, height, ["keys", "alone"]);
  Object.assign(answer, { keys: keys.data, alone: alone.data });
}

// The outputs of each block for this photo, at the size that the course's network wants.
async function findBlocks(about) {
  const seen = photo.forNetwork(about.networks.course.size);
  const names = Object.keys(about.blocks);
  const run = await networkOf("course");
  const { others, ...found } = await run(seen.lightness, seen.width, seen.height, names);
  const picture = new ImageData(seen.width, seen.height);
  seen.lightness.forEach((L, i) => {
    writeLab(L, 0, 0, picture.data, 4 * i);
    picture.data[4 * i + 3] = 255;
  });
  const blocks = names.map((name, i) => {
    const { data, dims: [, channels, height, width] } = others[name];
    return {
      name, data, channels, width, height, spread: spreadOf(data, width * height),
      convolutions: names.slice(0, i + 1).flatMap((before) => about.blocks[before]),
    };
  });
  return { ...found, seen, picture, blocks };
}

function showProgress(received, total) {
  postMessage({ progress: { received, total } });
}

async function abAt(T) {
  const { about: { bins } } = await network;
  const { width, height } = answer;
  const [a, b] = annealedMean(logitsOf(answer), width * height, bins, T);
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
