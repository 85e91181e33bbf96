// What the tests share: a relay, the command, and browsers whose pages are watched.

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import puppeteer from "puppeteer-core";

/** The command, built with the client in it: scripts/build. */
export const command = process.env.TALLOW ?? new URL("../../tallow", import.meta.url).pathname;

export const short = process.env.TALLOW_TEST_SHORT === "1";
export const long = process.env.TALLOW_TEST_LONG === "1";

const executables = {
  chrome: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  firefox: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
};

/** The browsers that are here. @type {("chrome" | "firefox")[]} */
export const browsers = /** @type {const} */ (["chrome", "firefox"])
  .filter((name) => executables[name].some(existsSync) && (process.env.TALLOW_TEST_BROWSERS ?? name).includes(name));

/** How long one step may take on a busy machine. */
export const patience = Number(process.env.TALLOW_TEST_PATIENCE ?? 60_000);

process.setMaxListeners(0); // every process and folder is removed at the end

/** A folder that is removed at the end. */
export function folder() {
  const dir = mkdtempSync(join(tmpdir(), "tallow-web-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A process of the command with --json, and its events. */
export class Command {
  events = /** @type {any[]} */ ([]);
  stderr = "";
  #ended = false; // and has told everything
  #waiting = /** @type {(() => void)[]} */ ([]);

  /** @param {string[]} args  with "-" among them the standard input stays open */
  constructor(...args) {
    if (!existsSync(command)) throw new Error(`there is no ${command}: run scripts/build first`);
    const env = { ...process.env, XDG_STATE_HOME: folder(), TALLOW_RELAY: "", TALLOW_CODE: "" };
    this.process = spawn(command, [...args, "--json"], { env, stdio: ["pipe", "pipe", "pipe"] });
    if (!args.includes("-")) this.process.stdin.end();
    this.process.stdin.on("error", () => {}); // it may end before it has read everything
    process.on("exit", () => this.process.kill("SIGKILL"));
    let rest = "";
    this.process.stdout.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop() ?? "";
      this.events.push(...lines.map((l) => JSON.parse(l)));
      this.#wake();
    });
    this.process.stderr.on("data", (data) => (this.stderr += data));
    this.exit = new Promise((done) => this.process.on("close", (code) => {
      this.#ended = true;
      this.#wake();
      done(code);
    }));
  }

  #wake() {
    for (const f of this.#waiting.splice(0)) f();
  }

  /**
   * Waits for an event of a name.
   * @param {string} name
   * @param {(event: any) => boolean} [is]  which of them
   */
  async event(name, is = () => true) {
    for (;;) {
      const found = this.events.find((e) => e.event === name && is(e));
      if (found) return found;
      if (this.#ended) throw new Error(`no event ${name}: ${this.#state()}`);
      await within(new Promise((done) => this.#waiting.push(() => done(undefined))), `event ${name}`, patience, () => this.#state());
    }
  }

  /** The exit code. @param {number} [limit] milliseconds */
  code(limit = patience) {
    return within(this.exit, "the end of the command", limit, () => this.#state());
  }

  kill() {
    this.process.kill("SIGKILL");
    return within(this.exit, "the end of the command that is killed");
  }

  /** What it has told. */
  #state() {
    return `${this.process.spawnargs.slice(1).join(" ")}: ${JSON.stringify(this.events.slice(-20))} ${this.stderr}`;
  }
}

/**
 * Waits for a promise, and fails if it takes too long.
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 * @param {number} [limit] milliseconds
 * @param {() => string} [state]  more to tell of it then
 * @returns {Promise<T>}
 */
export function within(promise, what, limit = patience, state = () => "") {
  /** @type {NodeJS.Timeout | undefined} */ let timer;
  const late = new Promise((_, failed) => (timer = setTimeout(() => failed(new Error(`${what} takes too long. ${state()}`.trim())), limit)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * A relay of the command, with no limit on how often one address may come.
 * @param {string} listen
 * @param {string[]} flags
 */
export async function startRelay(listen = "127.0.0.1:0", ...flags) {
  const relay = new Command("relay", "--listen", listen, "--joins-per-minute", "-1", "--sessions-per-minute", "-1", ...flags);
  const host = (await relay.event("listening")).addr;
  return { host, url: `http://${host}`, process: relay };
}

/** @typedef {Awaited<ReturnType<typeof startRelay>>} Relay */

/**
 * Where a page comes from: a relay, or what is in front of one, which may tell of its state.
 * @typedef {{host: string, url: string, state?: () => string}} Served
 */

/** Those that run or start, so that two tests at once share one. @type {Map<string, Promise<import("puppeteer-core").Browser>>} */
const running = new Map();

const loopback = { "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false };

/**
 * What puppeteer tells Chromium so that no page is slowed down in the background. It
 * also leaves pages in the background their priority among all programs, which is
 * what the machine is for.
 */
const evenInBackground = ["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows"];

/**
 * How a browser is started: as people have it, slower in the background; with
 * preferences of Firefox; with a folder for its profile, which outlives it.
 * @typedef {{slower?: boolean, preferences?: Record<string, any>, profile?: string}} Start
 */

/**
 * A browser, which is started once for each way of starting it.
 * @param {"chrome" | "firefox"} name
 * @param {Start} [start]
 */
export function browser(name, start = {}) {
  const key = name + JSON.stringify(start);
  let b = running.get(key);
  if (!b) {
    const options = name === "chrome"
      ? { args: ["--no-sandbox", "--disable-dev-shm-usage"], ignoreDefaultArgs: start.slower ? evenInBackground : [] }
      : { extraPrefsFirefox: { ...loopback, ...start.preferences } };
    const limits = { timeout: 5 * patience, protocolTimeout: 5 * patience };
    b = puppeteer.launch({ browser: name, executablePath: executables[name].find(existsSync), headless: true, userDataDir: start.profile, ...limits, ...options });
    running.set(key, b);
  }
  return b;
}

/**
 * Kills a browser, as a crash does. The next one of the same start has its profile.
 * @param {"chrome" | "firefox"} name
 * @param {Start} start
 */
export async function crash(name, start) {
  const key = name + JSON.stringify(start);
  const process = (await running.get(key))?.process();
  if (!process) throw new Error("it does not run");
  running.delete(key);
  const ended = new Promise((done) => process.once("exit", done));
  process.kill("SIGKILL");
  await within(ended, "the end of the browser");
}

export async function closeBrowsers() {
  for (const b of running.values()) await within((await b).close(), "the end of the browser");
  running.clear();
}

/** A page of the client, which is watched: whatever it should not do is a fault. */
export class Client {
  faults = /** @type {string[]} */ ([]);

  /**
   * @param {Served} relay
   * @param {import("puppeteer-core").BrowserContext} context
   * @param {import("puppeteer-core").Page} page
   */
  constructor(relay, context, page) {
    this.relay = relay;
    this.context = context;
    this.page = page;
    this.page.setDefaultTimeout(patience);
    this.#watch();
  }

  /**
   * Opens the client in a context of its own, so that nothing of another test is
   * kept there.
   * @param {"chrome" | "firefox"} name
   * @param {Served} relay
   * @param {{path?: string, direct?: boolean, shared?: boolean, beside?: Client, start?: Start, prepare?: () => void}} [options]
   *   shared: in the browser's own context, whose storage is on the disk; beside: in the context of another
   *   client; prepare: what runs in the page before anything of it
   */
  static async open(name, relay, { path = "/", direct = true, shared = false, beside, start, prepare } = {}) {
    const b = await browser(name, start);
    const context = beside?.context ?? (shared ? b.defaultBrowserContext() : await b.createBrowserContext());
    const c = new Client(relay, context, await context.newPage());
    await c.page.evaluateOnNewDocument((direct) => {
      if (!direct) Reflect.deleteProperty(window, "RTCPeerConnection");
      const make = URL.createObjectURL;
      const saved = /** @type {Blob[]} */ ([]);
      Object.assign(window, { saved });
      URL.createObjectURL = (/** @type {Blob} */ blob) => {
        saved.push(blob);
        return make.call(URL, blob);
      };
      document.addEventListener("securitypolicyviolation", (e) => console.error("policy:", e.violatedDirective, e.blockedURI));
    }, direct);
    if (prepare) await c.page.evaluateOnNewDocument(prepare);
    await c.goto(path);
    return c;
  }

  #watch() {
    this.page.on("console", (m) => {
      if (["error", "warn", "assert"].includes(m.type())) this.faults.push(`console ${m.type()}: ${m.text()}`);
    });
    this.page.on("pageerror", (e) => this.faults.push(`error: ${e}`));
    this.page.on("request", (r) => {
      const url = new URL(r.url());
      if (url.host !== this.relay.host && !["blob:", "data:", "about:"].includes(url.protocol)) this.faults.push(`request to ${r.url()}`);
    });
  }

  /** @param {string} path */
  async goto(path) {
    await this.page.goto(this.relay.url + path);
    await this.page.waitForSelector("html[data-ready]");
  }

  /** Waits until one of some screens is shown, and returns its name. @param {string[]} names */
  screen(...names) {
    const shown = () => this.page.evaluate((names) => names.find((n) => document.getElementById(n)?.hidden === false), names);
    return this.#poll(shown, `the screen ${names.join(" or ")}`);
  }

  /**
   * Waits until something is true of the page. page.waitForFunction would wait with
   * animation frames: with them a page draws all the time, and a hidden one has none.
   * @param {() => unknown} condition
   * @param {string} what
   * @param {number} [limit] milliseconds
   */
  async until(condition, what, limit = patience) {
    await this.#poll(() => this.page.evaluate(condition), what, limit);
  }

  /** Waits for the end of a transfer. @param {number} [limit] milliseconds */
  ended(limit) {
    return this.until(() => ["done", "failed"].some((id) => !document.getElementById(id)?.hidden), "the transfer", limit);
  }

  /** Waits until so many bytes have arrived, or were sent. @param {number} bytes */
  async moved(bytes) {
    await this.#poll(async () => (await this.bytes()) >= bytes, `the transfer of ${bytes} bytes`);
  }

  /**
   * Asks the page again and again, until the answer is one.
   * @template T
   * @param {() => Promise<T>} ask
   * @param {string} what  it is waited for
   * @param {number} [limit] milliseconds
   * @returns {Promise<NonNullable<T>>}
   */
  async #poll(ask, what, limit = patience) {
    for (const began = performance.now(); ; await pause(50)) {
      const answer = await within(ask(), `the browser's answer about ${what}`, Math.max(limit, patience));
      if (answer) return answer;
      if (performance.now() - began > limit) throw new Error(`${what} takes too long. ${await this.#state()}`);
    }
  }

  /** What the page shows, and what it waits for. */
  async #state() {
    const shown = this.page.evaluate(() => `${document.querySelector("main")?.innerText} ${document.querySelector("progress")?.value}`);
    const page = await within(shown, "the look at the page").catch((e) => String(e));
    return `The page shows: ${page}. ${this.relay.state?.() ?? ""} ${this.faults.join("; ")}`;
  }

  /** How many bytes the bar shows. */
  bytes() {
    return this.page.$eval("#bar", (e) => /** @type {HTMLProgressElement} */ (e).value);
  }

  /** Waits until an element has a text that matches. @param {string} id @param {RegExp} text */
  async says(id, text) {
    await this.#poll(async () => text.test(await this.text(id)), `that ${id} says ${text}`);
  }

  /** @param {string} id */
  text(id) {
    return this.page.$eval(`#${id}`, (e) => e.textContent ?? "");
  }

  /** Waits until an element is shown, and presses it. @param {string} id */
  async click(id) {
    await this.#poll(() => this.page.$eval(`#${id}`, (e) => e.checkVisibility()), `that ${id} is shown`);
    await this.press(`#${id}`);
  }

  /**
   * Presses what is there. page.click would wait for an animation frame, which a page in
   * the background may not get, and for a place that stays the same.
   * @param {string} selector
   */
  async press(selector) {
    const shown = this.page.$eval(selector, (e) => {
      const shown = e.checkVisibility();
      if (shown) /** @type {HTMLElement} */ (e).click();
      return shown;
    });
    if (!(await within(shown, `the press of ${selector}`))) throw new Error(`${selector} is not shown, and cannot be pressed. ${await this.#state()}`);
  }

  /** Goes back to the start, if a transfer has ended. */
  async home() {
    const at = await this.screen("home", "done", "stored", "failed");
    if (at !== "home") await this.press(`#${at} .again`);
    await this.screen("home");
  }

  /** Types a code and asks for what is behind it. @param {string} code */
  async receive(code) {
    await this.page.type("#code-input", code);
    await this.click("receive-start");
  }

  /**
   * Opens the link of a stored transfer, and waits for its offer.
   * @param {string} link
   * @param {string} [until]  another screen
   */
  async openLink(link, until = "offer") {
    await this.page.goto("about:blank"); // so that another link of the same page is one
    await this.goto(link.slice(new URL(link).origin.length));
    const at = await this.screen(until, "offer", "failed");
    if (at !== until) throw new Error(`it shows ${at}: ${await this.text(`${at}-title`)}`);
  }

  /** Accepts what is offered, and waits until all of it is there. @param {number} [limit] milliseconds */
  async accept(limit) {
    await this.click("offer-yes");
    await this.ended(limit);
    if ((await this.screen("done", "failed")) === "failed") throw new Error(`${await this.text("failed-title")} ${await this.text("failed-hint")}`);
  }

  /** Picks a file of the disk. @param {string} path */
  async pick(path) {
    const input = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (await this.page.$("#files-input"));
    await input.uploadFile(path);
  }

  /**
   * Drops a tree onto the page: contents by path, and null for a folder. No browser
   * lets a test drop files of the disk, so they are made there.
   * @param {Record<string, Buffer | null>} tree
   */
  async drop(tree) {
    const items = Object.entries(tree).map(([path, content]) => ({ path, content: content?.toString("base64") ?? null }));
    await this.page.evaluate((items) => {
      /** @param {string} above */
      const children = (above) => items.filter(({ path }) => path.startsWith(above) && !path.slice(above.length).includes("/") && path !== above).map(entry);
      /** @param {{path: string, content: string | null}} item @returns {any} */
      const entry = ({ path, content }) => {
        const name = path.split("/").pop() ?? "";
        if (content === null) {
          const all = children(path + "/");
          return {
            isFile: false, isDirectory: true, fullPath: "/" + path, name,
            createReader: () => ({ readEntries: (/** @type {any} */ done) => done(all.splice(0, 100)) }),
          };
        }
        const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
        return { isFile: true, fullPath: "/" + path, name, file: (/** @type {any} */ done) => done(new File([bytes], name, { lastModified: 1_600_000_000_000 })) };
      };
      const event = new Event("drop", { bubbles: true, cancelable: true });
      const dropped = children("").map((e) => ({ kind: "file", getAsFile: () => null, webkitGetAsEntry: () => e }));
      Object.defineProperty(event, "dataTransfer", { value: { items: dropped } });
      document.body.dispatchEvent(event);
    }, items);
    await this.page.waitForSelector("#picked li");
  }

  /**
   * Stores what the form has: the link, or nothing if it ends on another screen.
   * @param {() => Promise<void>} [choose]  fills in the options
   * @param {string} [until]
   * @param {number} [limit] milliseconds
   */
  async store(choose, until = "stored", limit = 5 * patience) {
    await this.page.waitForSelector("#store-block:not([hidden])");
    if (!(await this.page.$eval("#store-it", (e) => /** @type {HTMLInputElement} */ (e).checked))) await this.press("#store-it");
    await choose?.();
    await this.click("send-start");
    await this.screen("run", "stored", "failed");
    if (until === "stored") await this.until(() => document.getElementById("run")?.hidden, "what is stored", limit);
    const at = await this.screen(until, "stored", "failed");
    if (at !== until) throw new Error(`it shows ${at}: ${await this.text(`${at}-title`)}`);
    return this.text("stored-link");
  }

  /** Asks for a code. */
  async code() {
    await this.click("send-start");
    await this.until(() => /^\d+-/.test(document.getElementById("code")?.textContent ?? ""), "the code");
    return this.text("code");
  }

  /** The name, size and SHA-256 of what was saved last. */
  async saved() {
    await this.until(() => /** @type {any} */ (window).saved.length > 0 && document.getElementById("save-status")?.textContent !== "", "what is saved");
    return this.page.evaluate(async () => {
      const blob = /** @type {Blob} */ (/** @type {any} */ (window).saved.at(-1));
      const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
      return { size: blob.size, hash: Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, "0")).join(""), said: document.getElementById("save-status")?.textContent ?? "" };
    });
  }

  /** What was saved last, whole. */
  async savedBytes() {
    await this.saved();
    const text = await this.page.evaluate(async () => {
      const bytes = new Uint8Array(await /** @type {any} */ (window).saved.at(-1).arrayBuffer());
      let s = "";
      for (let i = 0; i < bytes.length; i += 32768) s += String.fromCharCode(...bytes.subarray(i, i + 32768));
      return btoa(s);
    });
    return Buffer.from(text, "base64");
  }

  /** Forgets the faults of a kind, such as what a browser logs of an answer that refuses. @param {RegExp} faults */
  expect(faults) {
    this.faults = this.faults.filter((f) => !faults.test(f));
  }

  /** Closes the page. It must have had no fault. */
  async close() {
    const faults = this.faults.splice(0);
    if (!this.page.isClosed()) await this.page.close();
    if (this.context.id && !(await this.context.pages()).length) await this.context.close();
    if (faults.length) throw new Error(`the page did what it should not:\n${faults.join("\n")}`);
  }
}

/**
 * A sender of a file with random bytes.
 * @param {Relay} relay
 * @param {number} size
 * @param {string[]} flags
 */
export async function sender(relay, size, ...flags) {
  const content = randomBytes(size);
  const path = join(folder(), "file.bin");
  writeFileSync(path, content);
  const process = new Command("send", "--relay", relay.url, ...flags, path);
  return { process, content, code: bare((await process.event("code")).code) };
}

/**
 * A relay with a store of its own.
 * @param {string[]} flags
 */
export async function startStore(...flags) {
  const dir = folder();
  return { ...(await startRelay("127.0.0.1:0", "--store", dir, ...flags)), dir };
}

/**
 * Has the command store something: the link, and the event with it.
 * @param {Relay} relay
 * @param {string[]} args  what to store, and flags
 */
export async function store(relay, ...args) {
  const c = new Command("send", "--store", "--relay", relay.url, ...args);
  if (await c.code(5 * patience)) throw new Error(c.stderr);
  return /** @type {{link: string, id: string}} */ (await c.event("stored"));
}

/** A code without the relay that it names. @param {string} code */
export function bare(code) {
  return code.replace(/^.*#/, "").replace(/@.*$/, "");
}

/** @param {Buffer} b */
export function sha256(b) {
  return createHash("sha256").update(b).digest("hex");
}
