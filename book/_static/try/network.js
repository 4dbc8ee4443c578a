// The network and the runtime that runs it: fetched once, when they are first needed.

import { Problem } from "./problem.js";

const RUNTIME = new URL("../vendor/onnxruntime-web/", import.meta.url);
const MODEL = new URL("./model/", import.meta.url);

// Resolves to { run(lightness, width, height), bins, size }.
export async function loadNetwork(onProgress) {
  if (typeof WebAssembly !== "object") throw new Problem("wasm");
  const about = await (await get(new URL("about.json", MODEL))).json();
  const runtime = new URL("ort-wasm-simd-threaded.wasm.gz", RUNTIME);
  const total = about.bytes.model + about.bytes.runtime;
  let received = 0;
  const count = (bytes) => onProgress((received += bytes), total);
  const [wasm, model] = await Promise.all([
    download(runtime, count).then(unpack),
    download(new URL("course.onnx", MODEL), count).then((blob) => blob.arrayBuffer()),
  ]);
  const ort = await import(new URL("ort.wasm.bundle.min.mjs", RUNTIME));
  ort.env.wasm.wasmBinary = wasm;
  ort.env.wasm.numThreads = 1; // more would need headers that few hosts of static files send
  const session = await startSession(ort, model);

  async function run(lightness, width, height) {
    const input = new ort.Tensor("float32", lightness, [1, 1, height, width]);
    const { logits } = await session.run({ lightness: input });
    return { logits: logits.data, width: logits.dims[3], height: logits.dims[2] };
  }

  return { run, bins: about.bins, size: about.size };
}

async function startSession(ort, model) {
  try {
    return await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  } catch (error) {
    throw new Problem(/memory/i.test(error) ? "memory" : "wasm", { cause: error });
  }
}

async function get(url) {
  const response = await fetch(url).catch((error) => {
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
    if (done) return new Blob(chunks);
    chunks.push(value);
    count(value.length);
  }
}

// The runtime lies compressed on the server, since not every one would compress it on the way.
// Some unpack such a file themselves.
async function unpack(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return blob.arrayBuffer();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
