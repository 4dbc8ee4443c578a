// The page "Try it": a photo comes in, the worker colors it, the reader plays with what it thought.

import { colorAll, fileName, typeOf } from "./batch.js";
import { ask } from "./client.js";
import { Compare } from "./compare.js";
import { Hinting } from "./hinting.js";
import { Inside } from "./inside.js";
import { check, give, listen } from "./intake.js";
import { keep, keepUpToDate } from "./offline.js";
import { nameOf, percent, Plane } from "./plane.js";
import { Restoring } from "./restoring.js";
import { Stage } from "./stage.js";

const root = document.getElementById("try");
const part = (name) => root.querySelector(`[data-part=${name}]`);
const [file, examples, status, progress, problem, result] =
  ["file", "examples", "status", "progress", "problem", "result"].map(part);
const [slider, temperature, original, download, summary, stop] =
  ["slider", "temperature", "original", "download", "summary", "stop"].map(part);

const stage = new Stage(part("stage"), () => refresh("probe"));
const hinting = new Hinting(result, stage, {
  onChange() {
    delete root.dataset.hints;
    refresh("hint");
  },
  onTouch: (x, y) => stage.setProbe(x / photo.scale, y / photo.scale),
});
const plane = new Plane(part("plane"), { table: part("table"), onPick: (a, b) => hinting.choose(a, b) });
const later = { // for what may fetch another network
  onProgress: showProgress,
  onError(error) {
    problem.textContent = error.message;
  },
  onDone() {
    if (!progress.hidden) status.textContent = photo.said;
    progress.hidden = true;
    keepAll();
  },
};
const compare = new Compare(part("compare"), { temperature: T, ...later });
const inside = new Inside(part("inside"), stage, later);
const restoring = new Restoring(part("restore"), restore);
// Which of the two the page's address insists on, if any: ?provider=webgpu or ?provider=wasm.
const provider = new URLSearchParams(location.search).get("provider");
const WHERE = { webgpu: "on the GPU (WebGPU)", wasm: "on the CPU (WebAssembly)" };

let photo; // { name, type, gray, original }
let turn = 0; // counts the photos: an answer for an earlier one is not shown

async function open(source, name, type) {
  problem.textContent = "";
  status.textContent = "Opening the photo.";
  try {
    if (source instanceof Blob) await check(source);
  } catch (error) {
    tell(error);
    return;
  }
  await show(name, type, async () => {
    const bitmap = source instanceof Blob ? source : await createImageBitmap(source);
    const opened = await ask("open", bitmap, { transfer: bitmap instanceof Blob ? [] : [bitmap] });
    restoring.open(opened);
    return opened;
  });
}

// The photo that is there, repaired by these settings; or, without, as it came.
async function restore(settings) {
  if (!photo) return;
  problem.textContent = "";
  status.textContent = "Repairing the scan.";
  restoring.lock(true);
  await show(photo.name, photo.type, async () => {
    const opened = await ask("restore", settings, { onProgress: showProgress });
    restoring.done(Boolean(settings));
    original.checked = Boolean(settings); // before and after
    return opened;
  });
  restoring.lock(false);
}

// What `begin` gives becomes the photo, and is colored.
async function show(name, type, begin) {
  const mine = ++turn;
  stop.hidden = true; // of several photos, if they were on their way
  try {
    const opened = await begin();
    if (mine !== turn) return;
    photo = undefined; // the earlier one is gone from here on
    result.hidden = false;
    result.setAttribute("aria-busy", "true");
    stage.open(opened.gray);
    stage.left(original.checked ? opened.original : opened.gray);
    await ask("load", { provider }, { onProgress: showProgress });
    status.textContent = "The network is looking at it.";
    const answer = await ask("think", null, { onProgress: showProgress });
    if (mine !== turn) return;
    const said = `Colored: ${name}, ${opened.width} × ${opened.height} pixels, ${WHERE[answer.provider]}.`;
    photo = { name, type, said, scale: opened.width / opened.gray.width, ...opened };
    progress.hidden = true;
    hinting.open(photo);
    compare.open();
    inside.open();
    root.dataset.hints = 0;
    result.hidden = false; // a bad file in between may have hidden it
    stage.setAnswer(answer);
    await refresh("color");
    status.textContent = said;
    keepAll();
  } catch (error) {
    if (mine === turn) tell(error);
  } finally {
    progress.hidden = true;
    if (mine === turn) result.removeAttribute("aria-busy");
  }
}

// Once for all that was fetched: then the page works without a network.
let kept = -1;
async function keepAll() {
  const fetched = await ask("fetched");
  if (fetched.length === kept) return;
  kept = fetched.length;
  root.dataset.kept = await keep(fetched);
}

function showProgress({ received, total, share }) {
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  progress.hidden = false;
  progress.max = total ?? 1;
  progress.value = received ?? share;
  status.textContent = share === undefined
    ? `Fetching the network: ${megabytes(received)} of ${megabytes(total)} MB.`
    : `Repairing the scan: ${Math.round(100 * share)} %.`;
}

function tell(error) {
  status.textContent = "";
  problem.textContent = error.message;
  if (!photo) result.hidden = true;
}

// A slider gives more values than can be drawn: while one is drawn, only the last waits.
const running = {};
const draw = {
  async hint() {
    const [mine, hints] = [turn, hinting.list];
    try {
      await ask("hint", { hints }, { onProgress: showProgress });
      problem.textContent = "";
    } catch (error) {
      if (mine !== turn) return;
      hinting.revert(); // what can't be drawn is not kept
      problem.textContent = error.message;
    } finally {
      if (mine === turn && !progress.hidden) status.textContent = photo.said;
      progress.hidden = true;
    }
    await Promise.all([refresh("color"), refresh("probe")]);
    keepAll();
    if (mine === turn && hints === hinting.list) root.dataset.hints = hints.length;
  },
  async color() {
    const wanted = T();
    stage.right(await ask("color", { T: wanted }));
    root.dataset.drawn = wanted;
  },
  async probe() {
    const pixel = stage.pixel();
    const found = await ask("probe", { ...pixel, T: T() });
    plane.show(found);
    hinting.offer(found, pixel);
    describe(pixel, found);
    await inside.follow(pixel);
  },
};

async function refresh(name) {
  if (!photo) return;
  if (running[name]) {
    running[name] = "again";
    return;
  }
  try {
    do {
      running[name] = "once";
      await draw[name]();
    } while (running[name] === "again" && photo);
  } catch (error) {
    if (photo) tell(error); // else it was asked of a photo that has gone
  } finally {
    running[name] = undefined;
  }
}

function describe({ x, y }, { shares, lab: [L], mean, mode, annealed }) {
  const largest = Math.max(...shares);
  summary.textContent =
    `Pixel ${Math.round(x * photo.scale)}, ${Math.round(y * photo.scale)}, L ${L.toFixed(0)}: annealed mean ` +
    `${nameOf(annealed)}; mean ${nameOf(mean)}; mode ${nameOf(mode)}, with ` +
    `${percent(largest)} of the belief.`;
}

function T() {
  return Number(slider.value);
}

async function save() {
  download.disabled = true;
  status.textContent = "Coloring it at its full size.";
  try {
    const name = fileName(photo);
    give(await ask("save", { T: T(), type: typeOf(photo) }), name);
    status.textContent = `Saved ${name}. Wherever you show it, say that its colors are guessed.`;
  } catch (error) {
    tell(error);
  } finally {
    download.disabled = false;
  }
}

async function openHints(blob) {
  if (!photo || !blob) return;
  problem.textContent = "";
  try {
    hinting.read(await blob.text());
  } catch (error) {
    problem.textContent = error.message;
  }
}

// Several photos, into a zip.
async function openAll(files) {
  const mine = ++turn;
  photo = undefined;
  result.hidden = true;
  problem.textContent = "";
  stop.hidden = false;
  try {
    const made = await colorAll(files, {
      T: T(), provider, onProgress: showProgress, isWanted: () => mine === turn,
      onStep(i) {
        progress.hidden = false;
        [progress.max, progress.value] = [files.length, i];
        status.textContent = `Coloring ${i + 1} of ${files.length}: ${files[i].name}.`;
      },
    });
    if (!made) return;
    const { zip, problems } = made;
    problem.textContent = problems.join(" ");
    status.textContent = "";
    if (!zip.count) return;
    give(zip.blob(), "photos_color.zip");
    status.textContent = `Saved photos_color.zip, with ${zip.count} of ${files.length} photos. Wherever you ` +
      "show them, say that their colors are guessed.";
    keepAll();
  } catch (error) {
    if (mine === turn) tell(error);
  } finally {
    if (mine === turn) progress.hidden = stop.hidden = true;
  }
}

listen(root, file, (files) => {
  if (files.length > 1) openAll(files);
  else open(files[0], files[0].name || "photo", files[0].type);
});
stop.addEventListener("click", () => {
  turn++;
  progress.hidden = stop.hidden = true;
  status.textContent = "Stopped; nothing was saved.";
  file.focus();
});
examples.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) open(button.querySelector("img"), button.dataset.name, "image/jpeg");
});
slider.addEventListener("input", () => {
  temperature.textContent = T().toFixed(2);
  refresh("color");
  refresh("probe");
});
original.addEventListener("change", () => {
  if (photo) stage.left(original.checked ? photo.original : photo.gray);
});
part("keep").addEventListener("click", () => {
  give(new Blob([hinting.text()]), `${photo.name.replace(/\.\w+$/, "")}_hints.txt`);
});
part("reopen").addEventListener("change", ({ target }) => {
  openHints(target.files[0]);
  target.value = "";
});
download.addEventListener("click", () => photo && save());

keepUpToDate();
part("controls").hidden = false;
