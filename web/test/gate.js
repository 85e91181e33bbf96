// A server in front of a relay with a store, or of a bucket. It passes everything on as it
// is, counts what is stored and fetched, lets as much of that pass as a test says, and
// remembers what it was asked.

import http from "node:http";
import net from "node:net";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { patience, within } from "./support.js";

export class Gate {
  /** Every request line and its headers. */
  asked = /** @type {string[]} */ ([]);
  /** Bytes of parts and ranges that have passed. */
  passed = 0;
  /** How much may pass: of what is fetched up to there, of what is stored so many bytes. */
  allowance = Infinity;
  /** Requests that are held back until open is called, and then lost: it matches method and path. @type {RegExp | null} */
  loses = null;

  /** Whether pages of other origins may use it, as those of a bucket with such a rule. */
  cors = false;

  #holding = () => {};
  #held = Promise.resolve();
  #opened = () => {};
  #open = Promise.resolve();
  #server;
  url = "";
  host = "";

  /** @param {{host: string}} behind */
  constructor(behind) {
    this.behind = behind;
    this.#server = http.createServer((req, res) => this.#pass(req, res).catch(() => res.destroy()));
    this.#server.on("upgrade", (_, socket) => socket.destroy());
  }

  /** @param {{host: string}} behind */
  static async start(behind) {
    const gate = new Gate(behind);
    await new Promise((done) => gate.#server.listen(0, "127.0.0.1", () => done(undefined)));
    gate.host = `127.0.0.1:${/** @type {net.AddressInfo} */ (gate.#server.address()).port}`;
    gate.url = `http://${gate.host}`;
    return gate;
  }

  /** Holds back what would be more than so many bytes, and requests that are lost. @param {number} bytes @param {RegExp | null} [loses] */
  hold(bytes, loses = null) {
    this.allowance = bytes;
    this.loses = loses;
    this.#held = new Promise((done) => (this.#holding = () => done(undefined)));
    this.#open = new Promise((done) => (this.#opened = () => done(undefined)));
  }

  /** Waits until something is held back. */
  holding() {
    return within(this.#held, "what is to be held back", 5 * patience);
  }

  /** Lets everything pass. */
  open() {
    this.allowance = Infinity;
    this.loses = null;
    this.#opened();
  }

  close() {
    this.open();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** @param {http.IncomingMessage} req @param {http.ServerResponse} res */
  async #pass(req, res) {
    const line = `${req.method} ${req.url}`;
    this.asked.push(`${line} ${JSON.stringify(req.headers)}`);
    if (this.loses?.test(line)) {
      this.#holding();
      await this.#open;
      res.writeHead(503).end(); // a browser may repeat one that nobody answers
      return;
    }
    const allowed = this.cors ? { "access-control-allow-origin": "*", "access-control-expose-headers": "Content-Range" } : {};
    if (this.cors && req.method === "OPTIONS") {
      res.writeHead(204, { ...allowed, "access-control-allow-methods": "GET, PUT", "access-control-allow-headers": "*" }).end();
      return;
    }
    const [name, port] = this.behind.host.split(":");
    const there = http.request({ host: name, port, method: req.method, path: req.url, headers: req.headers });
    const answer = /** @type {Promise<http.IncomingMessage>} */ (new Promise((done, failed) => {
      there.on("response", done);
      there.on("error", failed);
    }));
    answer.catch(() => {}); // it is awaited below
    res.on("close", () => there.destroy());
    const part = /\/parts\/\d+$/.test(req.url ?? "");
    const range = /\/data$/.test(req.url ?? "") ? Number(/=(\d+)/.exec(req.headers.range ?? "")?.[1]) : NaN;
    await pipeline(req, part ? (/** @type {http.IncomingMessage} */ body) => this.#count(body, NaN) : new PassThrough(), there);
    const got = await answer;
    const headers = Object.entries(got.headers).filter(([name]) => !name.startsWith("access-control-"));
    res.writeHead(got.statusCode ?? 502, { ...Object.fromEntries(headers), ...allowed });
    await pipeline(got, range >= 0 ? (/** @type {http.IncomingMessage} */ body) => this.#count(body, range) : new PassThrough(), res);
  }

  /**
   * Passes a body on as far as it may.
   * @param {AsyncIterable<Buffer>} body
   * @param {number} at  where it is in what is stored; NaN: it counts with all others
   */
  async *#count(body, at) {
    for await (const chunk of body) {
      at += chunk.length;
      while ((at >= 0 ? at : this.passed + chunk.length) > this.allowance) {
        this.#holding();
        await this.#open;
      }
      this.passed += chunk.length;
      yield chunk;
    }
  }
}
