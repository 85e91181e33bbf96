// The workers that upload. The program is in a worker too, and wants one for each part;
// the page starts them. In Firefox a worker that starts another one may never come back
// from that: the new one waits for the same condition, and is woken in its place.

/**
 * Serves the uploads that the program asks for.
 * @param {import("./port.js").Port} port
 */
export function serveUploads(port) {
  port.on("upload", (m) => serve(m.port));
}

/**
 * Starts a worker, and passes on what it and the program say to each other. The program
 * says when it ends.
 * @param {MessagePort} program
 */
function serve(program) {
  const worker = new Worker(new URL("upload.js", import.meta.url), { name: "tallow upload" });
  worker.onmessage = (event) => program.postMessage(event.data);
  worker.onerror = () => program.postMessage(null);
  program.onmessage = ({ data }) => {
    if (!data.end) {
      worker.postMessage(data, [data.body.buffer]);
      return;
    }
    worker.terminate();
    program.close();
  };
}
