// The worker: it loads the program (cmd/tallow-wasm), which takes over from here.
// @ts-ignore: of Go itself, which scripts/build puts here
import "./wasm_exec.js";

/** Commands that come before the program runs. */
const early = /** @type {any[]} */ ([]);
Object.assign(self, { early });
self.onmessage = (event) => early.push(event.data);

/** Has the page start a worker for one upload (uploads.js), and returns what stands for it; the program calls it. */
function startUpload() {
  const { port1, port2 } = new MessageChannel();
  postMessage({ event: "upload" }, { transfer: [port2] });
  return Object.assign(port1, { terminate: () => port1.postMessage({ end: true }) });
}
Object.assign(self, { startUpload });

const go = new /** @type {any} */ (self).Go();

try {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(new URL("tallow.wasm", import.meta.url)), go.importObject);
  await go.run(instance);
  postMessage({ event: "stopped", detail: "it ended" });
} catch (error) {
  postMessage({ event: "stopped", detail: String(error) });
}
