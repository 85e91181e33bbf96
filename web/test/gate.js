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

  #unanswered = /** @type {Set<string>} */ (new Set());
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
    // What is held back takes as long as the test says, and no connection is closed while a browser uses it again.
    this.#server.requestTimeout = this.#server.keepAliveTimeout = 0;
  }

  /** @param {{host: string}} behind */
  static async start(behind) {
    const gate = new Gate(behind);
    await new Promise((done) => gate.#server.listen(0, "127.0.0.1", () => done(undefined)));
    gate.host = `127.0.0.1:${/** @type {net.AddressInfo} */ (gate.#server.address()).port}`;
    gate.url = `http://${gate.host}`;
    return gate;
  }

  /**
   * Holds back what would be more than so many bytes, and requests that are lost. A later
   * bound lets what is held pass up to there: the gate is never open in between.
   * @param {number} bytes
   * @param {RegExp | null} [loses]
   */
  hold(bytes, loses = null) {
    const moved = this.#opened;
    this.allowance = bytes;
    this.loses = loses;
    this.#held = new Promise((done) => (this.#holding = () => done(undefined)));
    this.#open = new Promise((done) => (this.#opened = () => done(undefined)));
    moved();
  }

  /** Waits until something is held back. */
  holding() {
    return within(this.#held, "what is to be held back", 5 * patience, () => this.state());
  }

  /** What has passed, and the requests that have no answer yet. */
  state() {
    return `${this.passed} bytes of parts and ranges have passed; without an answer: ${[...this.#unanswered].join(", ") || "nothing"}`;
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
    const nth = this.asked.push(`${line} ${JSON.stringify(req.headers)}`);
    const waits = `${nth}. ${line}`;
    this.#unanswered.add(waits);
    res.on("close", () => this.#unanswered.delete(waits));
    if (this.loses?.test(line)) {
      while (this.loses?.test(line)) {
        this.#holding();
        await this.#open;
      }
      res.writeHead(503).end(); // a browser may repeat one that nobody answers
      return;
    }
    const allowed = this.cors ? { "access-control-allow-origin": "*", "access-control-expose-headers": "Content-Range" } : {};
    if (this.cors && req.method === "OPTIONS") {
      res.writeHead(204, { ...allowed, "access-control-allow-methods": "GET, PUT", "access-control-allow-headers": "*" }).end();
      return;
    }
    const [name, port] = this.behind.host.split(":");
    // On a connection of its own: one that is kept may be closed just then.
    const there = http.request({ host: name, port, method: req.method, path: req.url, headers: req.headers, agent: false });
    const answer = /** @type {Promise<http.IncomingMessage>} */ (new Promise((done, failed) => {
      there.on("response", done);
      there.on("error", failed);
      there.on("close", () => failed(new Error("closed without an answer")));
    }));
    res.on("close", () => there.destroy());
    const part = /\/parts\/\d+$/.test(req.url ?? "");
    const range = /\/data$/.test(req.url ?? "") ? Number(/=(\d+)/.exec(req.headers.range ?? "")?.[1]) : NaN;
    // An answer may come before all of the body is sent. What fails to be sent destroys the request, and so ends the wait.
    pipeline(req, part ? (/** @type {http.IncomingMessage} */ body) => this.#count(body, NaN) : new PassThrough(), there).catch(() => {});
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
