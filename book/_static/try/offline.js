// The page without a network: after a photo was colored, a service worker keeps what it took.

const large = /\.(onnx|gz)$/;

// Keeps the page and the files that the worker has fetched. Nothing is told where it does not work:
// the page then needs a network, as before.
export async function keep(fetched) {
  if (!navigator.serviceWorker || location.protocol === "file:") return false;
  try {
    const script = new URL("../../try_offline.js", import.meta.url);
    const scopes = [location.pathname, new URL("./worker.js", import.meta.url).pathname];
    const registrations = await Promise.all(scopes.map((scope) =>
      navigator.serviceWorker.register(script, { scope, updateViaCache: "none" })));
    if (!registrations.every(Boolean)) return false;
    const registration = await navigator.serviceWorker.ready;
    return await told(registration.active, [...await ownFiles(), ...fetched]);
  } catch (error) {
    console.warn("This page is not kept for use without a network.", error);
    return false;
  }
}

// Whoever kept it once gets each new version, whether a photo is colored or not.
export async function keepUpToDate() {
  if (!navigator.serviceWorker?.controller || !navigator.onLine) return;
  await new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else addEventListener("load", resolve);
  });
  await keep([]);
}

// What the page has loaded, and what it and its worker may load of the small files.
async function ownFiles() {
  const about = await (await fetch(new URL("./model/about.json", import.meta.url))).json();
  const listed = about.files.map((name) => new URL(name, import.meta.url).href);
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const own = loaded.filter((url) => url.startsWith(location.origin) && !large.test(url.split("?")[0]));
  return new Set([location.href.split(/[?#]/)[0], ...own, ...listed]);
}

function told(worker, files) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ files: [...new Set(files)] }, [port2]);
  });
}
