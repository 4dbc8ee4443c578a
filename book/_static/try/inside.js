// A look inside the course's network: what each block gives for this photo, and how far a place sees.

import { ask } from "./client.js";
import { meanOf, probabilities } from "./distribution.js";
import { nameOf, percent, Plane, swatch } from "./plane.js";

const FINE = 3; // a pixel of the network's picture is so many of the canvas, for thin lines
const CURVE = 40; // steps of T, from 0 to 1
const COUNT = 5; // largest classes in words
const NUMBER = /\d+/;

export class Inside {
  // `stage` knows which place is touched; the others are as for `Compare`.
  constructor(root, stage, { onProgress, onError, onDone }) {
    Object.assign(this, { root, stage, onProgress, onError, onDone });
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    [this.button, this.layers, this.picture, this.said] = ["look", "layers", "sight", "looked"].map(part);
    [this.blocks, this.cooler, this.classes, this.decoded] = ["blocks", "cool", "classes", "decoded"].map(part);
    this.plane = new Plane(part("answer"), { marks: ["annealed"] });
    this.button.addEventListener("click", () => this.look());
    this.picture.addEventListener("click", (event) => this.pick(event));
    this.picture.addEventListener("keydown", (event) => stage.moveProbe(event));
    this.cooler.addEventListener("input", () => this.decode());
  }

  // A new photo: what is shown of the earlier one goes.
  open() {
    this.layers.hidden = true;
    this.turn = {};
  }

  async look() {
    const { turn } = this;
    this.button.disabled = true;
    try {
      const found = await ask("inside", this.stage.pixel(), { onProgress: this.onProgress });
      if (turn !== this.turn) return; // the photo is another one by now
      this.layers.hidden = false;
      this.show(found);
      this.onError({ message: "" }); // an earlier problem is no more
    } catch (error) {
      if (turn === this.turn) this.onError(error);
    } finally {
      this.button.disabled = false;
      if (turn === this.turn) this.onDone();
    }
  }

  // Another place is touched.
  async follow(pixel) {
    if (this.layers.hidden) return;
    const { turn } = this;
    const found = await ask("inside", pixel);
    if (turn === this.turn) this.show(found);
  }

  pick({ clientX, clientY }) {
    const { left, top, width, height } = this.picture.getBoundingClientRect();
    const { color } = this.stage;
    this.stage.setProbe(((clientX - left) / width) * color.width, ((clientY - top) / height) * color.height);
  }

  show({ picture, place, blocks, logits, bins, L }) {
    this.answer = { logits, bins, L };
    drawPicture(this.picture, picture);
    blocks.forEach(({ field }) => outline(this.picture, field));
    ring(this.picture, place.x * FINE, place.y * FINE);
    while (this.blocks.childElementCount < blocks.length) this.blocks.append(newBlock(blocks[0].strongest.length));
    blocks.forEach((block, i) => showBlock(this.blocks.children[i], block, picture));
    const largest = blocks.find(({ share }) => share > 0.999);
    this.said.textContent = `The network sees ${picture.width} × ${picture.height} pixels; this place is ` +
      `${Math.floor(place.x)}, ${Math.floor(place.y)}. ${largest
        ? `From block ${largest.name.match(NUMBER)} on it depends on the whole photo.`
        : `At the end it depends on ${percent(blocks.at(-1).share)} of the photo.`}`;
    this.decode();
  }

  // The distribution at T, and the color that it becomes: no question to the worker.
  decode() {
    const T = Number(this.cooler.value);
    const { logits, bins, L } = this.answer;
    const at = (temperature) => probabilities(logits, 1, 0, temperature);
    const shares = at(T);
    const annealed = meanOf(shares, bins);
    this.plane.show({ bins, shares, lab: [L], annealed });
    this.plane.trace(Array.from({ length: CURVE + 1 }, (_, i) => meanOf(at(i / CURVE), bins)));
    this.cooler.nextElementSibling.textContent = T.toFixed(2);
    this.decoded.replaceChildren(swatch(L, annealed), `At T = ${T.toFixed(2)} the color is ${nameOf(annealed)}.`);
    const order = [...shares.keys()].sort((p, q) => shares[q] - shares[p]).slice(0, COUNT);
    this.classes.replaceChildren(...order.filter((q) => shares[q] > 0).map((q) => {
      const item = document.createElement("li");
      item.append(swatch(L, bins[q]), `${nameOf(bins[q])}: ${percent(shares[q])}`);
      return item;
    }));
  }
}

// An empty place for a block: words, the photo with what a place depends on, and its channels.
function newBlock(count) {
  const item = document.createElement("li");
  const maps = document.createElement("div");
  maps.append(...Array.from({ length: count + 1 }, (_, i) => {
    const canvas = document.createElement("canvas");
    if (i) canvas.setAttribute("role", "img");
    else canvas.setAttribute("aria-hidden", "true"); // the words say it
    return canvas;
  }));
  item.append(document.createElement("p"), maps);
  return item;
}

function showBlock(item, block, picture) {
  const { name, channels, width, height, sides, share, field, place } = block;
  const number = name.match(NUMBER);
  const [words, maps] = item.children;
  words.textContent = `Block ${number}: ${channels} channels of ${width} × ${height} places. One place depends on ` +
    `${sides[0]} × ${sides[1]} pixels, ${percent(share)} of this photo. The channels that stand out most at yours: ` +
    `${block.strongest.map(({ channel }) => channel).join(", ")}.`;
  const [seen, ...shown] = maps.children;
  drawPicture(seen, picture);
  dim(seen, field);
  block.strongest.forEach(({ channel, apart, map }, i) => {
    drawMap(shown[i], map, width, height, picture);
    const scale = [shown[i].width / width, shown[i].height / height];
    ring(shown[i], (place.x + 0.5) * scale[0], (place.y + 0.5) * scale[1]);
    shown[i].setAttribute("aria-label", `Channel ${channel} of block ${number}, ` +
      `${apart.toFixed(1)} standard deviations above its mean here`);
  });
}

// The photo as the network is shown it, each pixel a square.
function drawPicture(canvas, picture) {
  put(canvas, picture, picture);
}

// A channel in gray, from its smallest number in black to its largest in white.
function drawMap(canvas, map, width, height, picture) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of map) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const image = new ImageData(width, height);
  map.forEach((value, i) => {
    const gray = (255 * (value - low)) / Math.max(high - low, 1e-9);
    image.data.set([gray, gray, gray, 255], 4 * i);
  });
  put(canvas, image, picture);
}

function put(canvas, image, { width, height }) {
  const small = new OffscreenCanvas(image.width, image.height);
  small.getContext("2d").putImageData(image, 0, 0);
  [canvas.width, canvas.height] = [width * FINE, height * FINE];
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

// What a place depends on stays as it is, the rest is dimmed.
function dim(canvas, [left, top, right, bottom]) {
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(0 0 0 / 75%)";
  context.beginPath();
  context.rect(0, 0, canvas.width, canvas.height);
  context.rect(left * FINE, top * FINE, (right - left) * FINE, (bottom - top) * FINE);
  context.fill("evenodd");
  outline(canvas, [left, top, right, bottom]);
}

function outline(canvas, [left, top, right, bottom]) {
  const sides = [left, top, right - left, bottom - top].map((side) => side * FINE);
  twice(canvas, (context) => context.rect(...sides));
}

function ring(canvas, x, y) {
  twice(canvas, (context) => context.arc(x, y, canvas.width / 40, 0, 2 * Math.PI));
}

// Black, then white within: seen on any ground.
function twice(canvas, path) {
  const context = canvas.getContext("2d");
  for (const [color, width] of [["#000", 5], ["#fff", 2.5]]) {
    context.beginPath();
    path(context);
    [context.strokeStyle, context.lineWidth] = [color, (width * canvas.width) / 528];
    context.stroke();
  }
}
