// Both networks on the same photo, side by side: how large each is, and how long it takes here.

import { ask } from "./client.js";
import { drawSizes } from "./sizes.js";

export class Compare {
  // `temperature` tells T; `onProgress` is told what is fetched, `onError` what went wrong, and
  // `onDone` that it has an end, good or bad.
  constructor(root, { temperature, onProgress, onError, onDone }) {
    Object.assign(this, { temperature, onProgress, onError, onDone });
    this.button = root.querySelector("[data-part=race]");
    this.pair = root.querySelector("[data-part=pair]");
    this.button.addEventListener("click", () => this.race());
    root.addEventListener("toggle", () => drawSizes(root).catch(onError), { once: true });
  }

  // A new photo: what is shown of the earlier one goes.
  open() {
    this.pair.hidden = true;
    this.turn = {};
  }

  async race() {
    const { turn } = this;
    this.button.disabled = true;
    try {
      const both = await ask("compare", { T: this.temperature() }, { onProgress: this.onProgress });
      if (turn !== this.turn) return; // the photo is another one by now
      both.forEach((one, i) => show(this.pair.children[i], one));
      this.pair.hidden = false;
    } catch (error) {
      if (turn === this.turn) this.onError(error);
    } finally {
      this.button.disabled = false;
      if (turn === this.turn) this.onDone();
    }
  }
}

function show(place, { title, image, parameters, bytes, milliseconds }) {
  const canvas = place.querySelector("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
  canvas.setAttribute("aria-label", `The photo as colored by: ${title}`);
  place.querySelector("p").textContent = `${title}: ${(parameters / 1e6).toFixed(1)} million parameters, ` +
    `${(bytes / 1e6).toFixed(1)} MB to fetch, ${milliseconds.toFixed(0)} ms on this machine.`;
}
