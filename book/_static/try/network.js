// The network and the runtime that runs it: fetched once, when they are first needed.

import { Problem } from "./problem.js";

const RUNTIME = new URL("../vendor/onnxruntime-web/", import.meta.url);
const MODEL = new URL("./model/", import.meta.url);
const FILES = {
  webgpu: { script: "ort.jspi.bundle.min.mjs", binary: "ort-wasm-simd-threaded.jspi.wasm.gz" },
  wasm: { script: "ort.wasm.bundle.min.mjs", binary: "ort-wasm-simd-threaded.wasm.gz" },
};
let ort; // the runtime, once it has started
export const fetched = []; // addresses of the large files, for who wants to keep them
const LIMIT = 10_000; // milliseconds: a GPU that takes longer is no help

// Resolves to { run(lightness, width, height), provider(), about, name, size }. WebGPU runs it if it is
// there and of use, or if it is the one that is wanted; WebAssembly if not, or if WebGPU fails.
export async function loadNetwork(wanted, onProgress) {
  if (typeof WebAssembly !== "object") throw new Problem("wasm");
  const about = await (await get(new URL("about.json", MODEL), "no-cache")).json();
  const name = chooseNetwork();
  const { file, size, bytes } = about.networks[name];
  const at = (name, base) => addressOf(name, base, about);
  let provider = await chooseProvider(wanted);
  let received = 0;
  let total = bytes;
  const count = (bytes) => onProgress((received += bytes), total);
  const model = download(at(file, MODEL), count).then((blob) => blob.arrayBuffer());
  const limit = wanted === "webgpu" ? Infinity : LIMIT;
  let network;
  try {
    network = await start();
  } catch (error) {
    await fallBack(error);
  }

  async function start() {
    const { script, binary } = FILES[provider];
    total += about.bytes[binary];
    const fetched = await Promise.all([
      model, download(at(binary, RUNTIME), count).then(unpack),
    ]);
    const session = startSession(provider, new URL(script, RUNTIME), ...fetched);
    return provider === "webgpu" ? within(limit, session) : session;
  }

  async function fallBack(error) {
    if (provider === "wasm") throw error;
    console.warn("WebGPU failed, so WebAssembly takes over.", error);
    provider = "wasm";
    network = undefined;
    network = await start();
  }

  async function run(...image) {
    network ??= await start(); // falling back may have failed, as it does offline
    if (provider === "wasm") return network(...image);
    try {
      return await within(limit, network(...image));
    } catch (error) {
      await fallBack(error);
      return network(...image);
    }
  }

  return { run, provider: () => provider, about, name, size };
}

// A network beside the first one, on the runtime that runs already, by the CPU.
export async function loadAnother({ file, bytes }, about, onProgress) {
  let received = 0;
  const count = (more) => onProgress((received += more), bytes);
  const blob = await download(addressOf(file, MODEL, about), count);
  return sessionOf(await blob.arrayBuffer(), "wasm");
}

// With the hash of the file, so that no cache gives an old one.
function addressOf(name, base, { versions }) {
  const address = new URL(name, base);
  address.search = `?v=${versions[name]}`;
  return address;
}

// The course's small network where the connection is slow or its owner wants to save data; not every
// browser tells.
function chooseNetwork() {
  const { saveData, effectiveType } = navigator.connection ?? {};
  return saveData || /2g|3g/.test(effectiveType) ? "course" : "photo";
}

// A GPU that the browser only simulates is slower than WebAssembly. The runtime for WebGPU waits
// for the GPU by a part of WebAssembly that not every browser with WebGPU has.
async function chooseProvider(wanted) {
  if (wanted === "wasm" || !navigator.gpu || !("Suspending" in WebAssembly)) return "wasm";
  const adapter = await within(LIMIT, navigator.gpu.requestAdapter()).catch(() => null);
  if (!adapter) return "wasm";
  return wanted === "webgpu" || !adapter.info.isFallbackAdapter ? "webgpu" : "wasm";
}

async function startSession(provider, script, model, binary) {
  ort = await import(script);
  ort.env.logLevel = "error"; // it warns of each operator that it leaves to the CPU
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.numThreads = 1; // more would need headers that few hosts of static files send
  return sessionOf(model, provider);
}

// Resolves to a function: lightness, width, height and names of more outputs to what the network says.
async function sessionOf(model, provider) {
  let session;
  try {
    session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      logSeverityLevel: 3, // errors alone, as above: a session has a level of its own
    });
  } catch (error) {
    throw new Problem(/memory/i.test(error) ? "memory" : "wasm", { cause: error });
  }
  return async (lightness, width, height, more = []) => {
    const input = new ort.Tensor("float32", lightness, [1, 1, height, width]);
    const { logits, ...others } = await session.run({ lightness: input }, ["logits", ...more]);
    const [, , rows, columns] = logits.dims;
    return { logits: logits.data, width: columns, height: rows, others };
  };
}

function within(milliseconds, promise) {
  if (milliseconds === Infinity) return promise;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function get(url, cache = "default") {
  const response = await fetch(url, { cache }).catch((error) => {
    throw new Problem("offline", { cause: error });
  });
  if (!response.ok) throw new Problem("offline");
  return response;
}

async function download(url, count) {
  const reader = (await get(url)).body.getReader();
  const chunks = [];
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw new Problem("offline", { cause: error });
    });
    if (done) break;
    chunks.push(value);
    count(value.length);
  }
  fetched.push(url.href);
  return new Blob(chunks);
}

// The runtime lies compressed on the server, since not every one would compress it on the way.
// Some unpack such a file themselves.
async function unpack(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return blob.arrayBuffer();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
