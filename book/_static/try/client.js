// The page's end of the line to the worker: await ask("color", { T: 0.38 }).

import { Problem } from "./problem.js";

let worker;
let last = 0;
const waiting = new Map();

export function ask(name, argument, { onProgress, transfer = [] } = {}) {
  worker ??= start();
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, onProgress });
    worker.postMessage({ id, name, argument }, transfer);
  });
}

function start() {
  const started = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  started.onmessage = ({ data: { id, progress, result, sentence } }) => {
    if (progress) {
      waiting.forEach(({ onProgress }) => onProgress?.(progress));
      return;
    }
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (sentence) reject(new Error(sentence));
    else resolve(result);
  };
  started.onerror = (event) => {
    event.preventDefault();
    started.terminate();
    worker = undefined; // the next photo gets a new one
    waiting.forEach(({ reject }) => reject(new Problem("worker")));
    waiting.clear();
  };
  return started;
}
