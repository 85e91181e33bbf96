// Every pair of {chromium, firefox, command line}: a file, a folder and a text,
// directly and through the relay.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, bare, browsers, closeBrowsers, folder, patience, sha256, short, startRelay } from "./support.js";
import { fromArchive, fromDisk, hashed, oddTree, onDisk } from "./trees.js";

/** @typedef {"chrome" | "firefox" | "command"} Name */

const long = 5 * patience; // what 64 MiB may take on a busy machine
const size = short ? 8 << 20 : 64 << 20;
const big = randomBytes(size);
const text = "Grüße\n<b>no HTML</b> & \u202Egnirts\n";

const tree = oddTree();

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** @type {Name[]} */
const sides = [...browsers, "command"];

for (const sender of sides) {
  for (const receiver of sides) {
    if (sender === "command" && receiver === "command") continue;
    for (const direct of short ? [true] : [true, false]) {
      // One page on each side does all of it, as a person does who sends more.
      test(`${sender} to ${receiver}, ${direct ? "directly" : "through the relay"}`, async (t) => {
        const from = await Side.open(sender, direct);
        const to = await Side.open(receiver, direct);
        await t.test("a file", () => file(from, to, direct));
        await t.test("a folder", () => folderOf(from, to));
        await t.test("a text", () => textOf(from, to));
        await from.close();
        await to.close();
      });
    }
  }
}

/** A page of a browser, or the command. */
class Side {
  /** @param {boolean} direct @param {Client} [client]  if it is a browser */
  constructor(direct, client) {
    this.client = client;
    this.flags = ["--relay", relay.url, "--lanes", direct ? "webrtc,relay" : "relay"];
  }

  /** @param {Name} name @param {boolean} direct */
  static async open(name, direct) {
    return new Side(direct, name === "command" ? undefined : await Client.open(name, relay, { direct }));
  }

  /**
   * Begins to send: the code, and the end, with the bytes by each lane if the command
   * tells them.
   * @param {{path?: string, tree?: Record<string, Buffer | null>, text?: string}} what
   */
  async send({ path, tree, text = "" }) {
    const { client } = this;
    if (!client) {
      const c = new Command("send", ...this.flags, ...(text ? ["--text", text] : [path ?? onDisk(tree ?? {})]));
      const code = bare((await c.event("code")).code);
      const end = async () => {
        assert.equal(await c.code(long), 0, c.stderr);
        return (await c.event("done")).lanes;
      };
      return { code, end };
    }
    await client.home();
    if (path) await client.pick(path);
    else if (tree) await client.drop(tree);
    else await client.page.type("#text-input", text);
    return { code: await client.code(), end: () => done(client) };
  }

  /**
   * Receives. What the command writes is in dir.
   * @param {string} code
   */
  async receive(code) {
    const { client } = this;
    if (!client) {
      const dir = folder();
      const c = new Command("receive", "--yes", ...this.flags, "-o", dir + "/", code);
      assert.equal(await c.code(long), 0, c.stderr);
      return { dir, lanes: (await c.event("done")).lanes };
    }
    await client.home();
    await client.receive(code);
    assert.equal(await client.screen("offer", "failed"), "offer", await client.text("failed-title"));
    await client.click("offer-yes");
    await done(client);
    return { client };
  }

  close() {
    return this.client?.close();
  }
}

/** @param {Client} client */
async function done(client) {
  await client.ended(long);
  assert.equal(await client.screen("done", "failed"), "done", await client.text("failed-title"));
}

/** @param {Side} from @param {Side} to @param {boolean} direct */
async function file(from, to, direct) {
  const path = join(folder(), "große Datei.bin");
  writeFileSync(path, big);
  const s = await from.send({ path });
  const { client, dir = "", lanes } = await to.receive(s.code);
  if (client) {
    const saved = await client.saved();
    assert.deepEqual({ size: saved.size, hash: saved.hash }, { size, hash: sha256(big) });
    assert.match(saved.said, /große Datei\.bin/);
    await client.says("run-lane", direct ? /^Directly/ : /^Through the relay/);
  } else {
    assert.equal(sha256(readFileSync(join(dir, "große Datei.bin"))), sha256(big));
  }
  const told = (await s.end()) ?? lanes;
  if (told && direct) assert.ok(told.webrtc > 0, `nothing went directly: ${JSON.stringify(told)}`);
  rmSync(path);
}

/** @param {Side} from @param {Side} to */
async function folderOf(from, to) {
  const s = await from.send({ tree });
  const { client, dir = "" } = await to.receive(s.code);
  await client?.click("save");
  const got = client ? fromArchive(await client.savedBytes()) : fromDisk(dir);
  await s.end();
  assert.deepEqual(hashed(got), hashed(tree));
}

/** @param {Side} from @param {Side} to */
async function textOf(from, to) {
  const s = await from.send({ text });
  const { client, dir = "" } = await to.receive(s.code);
  if (client) assert.equal(await client.page.$eval("#done-text", (e) => /** @type {HTMLTextAreaElement} */ (e).value), text);
  else assert.equal(readFileSync(join(dir, readdirSync(dir)[0]), "utf8"), text);
  await s.end();
}
