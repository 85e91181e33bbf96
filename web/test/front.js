// A server in front of a relay. It can pretend to have another version of the page,
// change what is served, and it remembers what was asked for.

import http from "node:http";
import net from "node:net";

/**
 * @param {import("./support.js").Relay} relay
 * @param {(path: string, body: string) => string} [edit]  changes a file of the page
 */
export async function inFront(relay, edit = (_, body) => body) {
  const page = await (await fetch(relay.url)).text();
  const [base, hash] = /** @type {RegExpExecArray} */ (/\/assets\/([0-9a-f]+)/.exec(page));
  const front = { asked: /** @type {string[]} */ ([]), newer: false, host: "", url: "", close: () => {} };
  /** @param {http.IncomingMessage} req @param {http.ServerResponse} res */
  const pass = async (req, res) => {
    front.asked.push(`${req.method} ${req.url}`);
    const shown = front.newer ? hash.replace(/./g, "f") : hash;
    const answer = await fetch(relay.url + req.url?.replace(shown, hash), { method: req.method });
    let body = Buffer.from(await answer.arrayBuffer());
    const kind = answer.headers.get("content-type") ?? "";
    if (/html|javascript|manifest/.test(kind)) body = Buffer.from(edit(req.url ?? "", body.toString().replaceAll(base, `/assets/${shown}`)));
    res.writeHead(answer.status, { "content-type": kind, "content-security-policy": answer.headers.get("content-security-policy") ?? "", "cache-control": "no-cache" });
    res.end(body);
  };
  const server = http.createServer((req, res) => pass(req, res).catch(() => res.destroy())); // the relay has ended
  server.keepAliveTimeout = 0; // no connection is closed while a browser uses it again
  server.on("upgrade", (req, socket) => {
    front.asked.push(`WebSocket ${req.url} ${req.rawHeaders.join(" ")}`);
    join(req, /** @type {net.Socket} */ (socket), relay.host);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const address = /** @type {net.AddressInfo} */ (server.address());
  front.host = `127.0.0.1:${address.port}`;
  front.url = `http://${front.host}`;
  front.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return front;
}

/** Passes a WebSocket on. @param {http.IncomingMessage} req @param {net.Socket} socket @param {string} host */
function join(req, socket, host) {
  const [name, port] = host.split(":");
  const relay = net.connect(Number(port), name, () => {
    relay.write(`${req.method} ${req.url} HTTP/1.1\r\n`);
    for (let i = 0; i < req.rawHeaders.length; i += 2) relay.write(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}\r\n`);
    relay.write("\r\n");
    socket.pipe(relay).pipe(socket);
  });
  for (const s of [socket, relay]) s.on("error", () => {}); // the other end is gone
}
