// Every pair of {chromium, firefox, command line}: a file, a folder and a text,
// directly and through the relay.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, browsers, closeBrowsers, folder, sha256, short, startRelay } from "./support.js";
import { unzip } from "./unzip.js";

/** @typedef {"chrome" | "firefox" | "command"} Side */

const size = short ? 8 << 20 : 64 << 20;
const big = randomBytes(size);
const text = "Grüße\n<b>no HTML</b> & \u202Egnirts\n";

/** A folder with empty, odd-named and nested entries. @type {Record<string, Buffer | null>} */
const tree = {
  "Ordner 1": null,
  "Ordner 1/leer": null,
  "Ordner 1/leere Datei": Buffer.alloc(0),
  "Ordner 1/größe 😀 'q' \"d\" #?%&.bin": randomBytes(3 << 20),
  "Ordner 1/a": null,
  "Ordner 1/a/b": null,
  "Ordner 1/a/b/c.txt": Buffer.from("nested"),
  "Ordner 1/con.txt": Buffer.from("a device on Windows"),
  "Ordner 1/-rf": Buffer.from("no option"),
};

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** @type {Side[]} */
const sides = [...browsers, "command"];

for (const sender of sides) {
  for (const receiver of sides) {
    if (sender === "command" && receiver === "command") continue;
    for (const direct of short ? [true] : [true, false]) {
      const way = direct ? "directly" : "through the relay";
      test(`a file from ${sender} to ${receiver}, ${way}`, () => file(sender, receiver, direct));
      test(`a folder from ${sender} to ${receiver}, ${way}`, () => folderOf(sender, receiver, direct));
    }
    test(`a text from ${sender} to ${receiver}`, () => textOf(sender, receiver));
  }
}

/**
 * A sender: its code, and its end.
 * @param {Side} side
 * @param {boolean} direct
 * @param {{path?: string, tree?: Record<string, Buffer | null>, text?: string}} what
 */
async function send(side, direct, what) {
  if (side === "command") {
    const args = what.text ? ["--text", what.text] : [what.path ?? onDisk(tree)];
    const c = new Command("send", "--relay", relay.url, "--lanes", direct ? "webrtc,relay" : "relay", ...args);
    const code = (await c.event("code")).code.replace(/^.*#/, "").replace(/@.*$/, "");
    return {
      code,
      async end() {
        assert.equal(await c.code(), 0, c.stderr);
        return (await c.event("done")).lanes;
      },
    };
  }
  const client = await Client.open(side, relay, { direct });
  if (what.path) await client.pick(what.path);
  else if (what.tree) await client.drop(what.tree);
  else await client.page.type("#text-input", what.text ?? "");
  const code = await client.code();
  return {
    code,
    async end() {
      assert.equal(await client.screen("done", "failed"), "done", await client.text("failed-title"));
      await client.close();
      return undefined;
    },
  };
}

/**
 * A receiver.
 * @param {Side} side
 * @param {boolean} direct
 * @param {string} code
 */
async function receive(side, direct, code) {
  if (side === "command") {
    const dir = folder();
    const c = new Command("receive", "--yes", "--relay", relay.url, "--lanes", direct ? "webrtc,relay" : "relay", "-o", dir + "/", code);
    return { dir, command: c };
  }
  const client = await Client.open(side, relay, { direct });
  await client.receive(code);
  assert.equal(await client.screen("offer", "failed"), "offer", await client.text("failed-title"));
  await client.click("offer-yes");
  assert.equal(await client.screen("done", "failed"), "done", await client.text("failed-title"));
  return { client };
}

/** @param {Side} sender @param {Side} receiver @param {boolean} direct */
async function file(sender, receiver, direct) {
  const path = join(folder(), "große Datei.bin");
  writeFileSync(path, big);
  const s = await send(sender, direct, { path });
  const r = await receive(receiver, direct, s.code);
  let lanes;
  if (r.client) {
    const saved = await r.client.saved();
    assert.deepEqual({ size: saved.size, hash: saved.hash }, { size, hash: sha256(big) });
    assert.match(saved.said, /große Datei\.bin/);
    assert.match(await r.client.text("run-lane"), direct ? /^Directly/ : /^Through the relay/);
    await r.client.close();
  } else {
    assert.equal(await r.command?.code(), 0, r.command?.stderr);
    assert.equal(sha256(readFileSync(join(r.dir ?? "", "große Datei.bin"))), sha256(big));
    lanes = (await r.command?.event("done")).lanes;
  }
  lanes = (await s.end()) ?? lanes;
  if (lanes && direct) assert.ok(lanes.webrtc > 0, `nothing went directly: ${JSON.stringify(lanes)}`);
}

/** @param {Side} sender @param {Side} receiver @param {boolean} direct */
async function folderOf(sender, receiver, direct) {
  const s = await send(sender, direct, { tree });
  const r = await receive(receiver, direct, s.code);
  await r.client?.click("save");
  const got = r.client ? fromArchive(await r.client.savedBytes()) : (assert.equal(await r.command?.code(), 0, r.command?.stderr), fromDisk(r.dir ?? ""));
  await r.client?.close();
  await s.end();
  assert.deepEqual(hashed(got), hashed(tree));
}

/** @param {Side} sender @param {Side} receiver */
async function textOf(sender, receiver) {
  const s = await send(sender, true, { text });
  const r = await receive(receiver, true, s.code);
  if (r.client) {
    assert.equal(await r.client.page.$eval("#done-text", (e) => /** @type {HTMLTextAreaElement} */ (e).value), text);
    await r.client.close();
  } else {
    assert.equal(await r.command?.code(), 0, r.command?.stderr);
    assert.equal(readFileSync(join(r.dir ?? "", readdirSync(r.dir ?? "")[0]), "utf8"), text);
  }
  await s.end();
}

/** Writes the tree and returns its top folder. @param {Record<string, Buffer | null>} tree */
function onDisk(tree) {
  const dir = folder();
  for (const [path, content] of Object.entries(tree)) {
    const at = join(dir, path);
    mkdirSync(content === null ? at : dirname(at), { recursive: true });
    if (content !== null) {
      writeFileSync(at, content);
      utimesSync(at, 1_600_000_000, 1_600_000_000);
    }
  }
  return join(dir, "Ordner 1");
}

/** @param {string} dir */
function fromDisk(dir) {
  /** @type {Record<string, Buffer | null>} */
  const all = {};
  for (const path of /** @type {string[]} */ (readdirSync(dir, { recursive: true }))) {
    all[path] = lstatSync(join(dir, path)).isDirectory() ? null : readFileSync(join(dir, path));
  }
  return all;
}

/** @param {Buffer} archive */
function fromArchive(archive) {
  /** @type {Record<string, Buffer | null>} */
  const all = {};
  for (const [name, { content }] of unzip(archive)) {
    all[name.replace(/\/$/, "")] = name.endsWith("/") ? null : content;
  }
  return all;
}

/** @param {Record<string, Buffer | null>} tree */
function hashed(tree) {
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, b]) => [path, b && sha256(b)]));
}
