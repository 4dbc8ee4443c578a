// The service worker of "Try it", which answers where there is no network. It lies at the top of the
// site, since it may answer only for what lies below it, and it answers for this page alone.
//
// Small files come from the network while there is one, and so are never old. A network that gives no
// answer, as in a tunnel, counts as none. Weights and runtime are large: their addresses carry a hash
// (?v=...), so what is kept under one is right for ever, and a new version has another address. What is
// kept is one version as a whole, or nothing new of it.

const CACHE = "colorful-try";
const LARGE = /\.(onnx|gz)$/;
const PATIENCE = 5_000; // milliseconds that the network has for its answer
const PAUSE = 60_000; // milliseconds after one that gave none in which nothing waits for it
let silent = -Infinity; // when it last gave none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  const [port] = event.ports;
  const done = keep(event.data.files).then(() => port.postMessage(true), () => port.postMessage(false));
  event.waitUntil(done);
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.location.origin)) return;
  event.respondWith(isLarge(request.url) ? fromCache(request) : fromNetwork(request));
});

function isLarge(url) {
  return LARGE.test(new URL(url).pathname);
}

async function fromCache(request) {
  const cache = await caches.open(CACHE);
  return await cache.match(request, { ignoreVary: true }) ?? fetch(request);
}

async function fromNetwork(request) {
  const answer = fetch(request);
  try {
    return await inTime(answer);
  } catch {
    const cache = await caches.open(CACHE);
    const ignoreSearch = request.mode === "navigate"; // ?provider=... is for the page's script
    return await cache.match(request, { ignoreVary: true, ignoreSearch }) ?? answer;
  }
}

function inTime(answer) {
  const wait = Date.now() - silent < PAUSE ? 0 : PATIENCE;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      if (wait) silent = Date.now();
      reject();
    }, wait);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

// Fetches all of it, then puts it in the place of what was kept before.
async function keep(files) {
  const cache = await caches.open(CACHE);
  const before = (await cache.keys()).map(({ url }) => url);
  const small = await got(files.filter((url) => !isLarge(url)), "no-cache");
  const about = small.find(([url]) => url.endsWith("/model/about.json"))[1];
  const { versions } = await about.clone().json();
  const large = [...before, ...files].filter((url) => isLarge(url) && versions[nameOf(url)]);
  const wanted = new Set(large.map((url) => current(url, versions)));
  const missing = [...wanted].filter((url) => !before.includes(url));
  const all = [...small, ...await got(missing, "default")];
  await Promise.all(all.map(([url, response]) => cache.put(url, response)));
  const now = [...small.map(([url]) => url), ...wanted];
  const names = new Set(now.map(nameOf));
  const old = before.filter((url) => !now.includes(url) && (isLarge(url) || names.has(nameOf(url))));
  await Promise.all(old.map((url) => cache.delete(url)));
}

function nameOf(url) {
  return new URL(url).pathname.split("/").pop();
}

function current(url, versions) {
  const address = new URL(url);
  address.search = `?v=${versions[nameOf(url)]}`;
  return address.href;
}

function got(urls, cache) {
  return Promise.all(urls.map(async (url) => {
    const response = await fetch(url, { cache });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return [url, response];
  }));
}
