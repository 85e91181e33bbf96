// The worker: it loads the program (cmd/tallow-wasm), which takes over from here.
// @ts-ignore: of Go itself, which scripts/build puts here
import "./wasm_exec.js";

/** Commands that come before the program runs. */
const early = /** @type {any[]} */ ([]);
Object.assign(self, { early });
self.onmessage = (event) => early.push(event.data);

/** Starts a worker for one upload; the program calls it. */
Object.assign(self, { startUpload: () => new Worker(new URL("upload.js", import.meta.url), { name: "tallow upload" }) });

const go = new /** @type {any} */ (self).Go();

try {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(new URL("tallow.wasm", import.meta.url)), go.importObject);
  await go.run(instance);
  postMessage({ event: "stopped", detail: "it ended" });
} catch (error) {
  postMessage({ event: "stopped", detail: String(error) });
}
