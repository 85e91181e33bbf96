// What the page says of itself, and how it is compared with what a relay serves.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http from "node:http";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Client, browsers, closeBrowsers, sha256, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** The output of scripts/page-sums. @param {string[]} args */
async function sums(...args) {
  return (await promisify(execFile)(new URL("../../scripts/page-sums", import.meta.url).pathname, args)).stdout;
}

test("the hashes of the page are those of the source and of what the relay serves", { skip: browsers.length ? false : "NOT TESTED: there is no browser" }, async () => {
  const c = await Client.open(browsers[0], relay);
  const page = await c.text("about-page-hash");
  const program = await c.text("about-hash");
  await c.close();
  const [ours, theirs] = [await sums(), await sums(relay.url)];
  assert.equal(theirs, ours);
  assert.equal(sha256(Buffer.from(ours)), page);
  assert(ours.includes(`${program}  tallow.wasm\n`), ours);
});

test("a relay that serves another file is found out", async () => {
  const server = http.createServer(async (req, res) => {
    const answer = await fetch(relay.url + req.url);
    const body = Buffer.from(await answer.arrayBuffer());
    res.end(req.url?.endsWith("/send.js") ? body.toString() + "\n" : body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const theirs = (await sums(`http://127.0.0.1:${port}`)).split("\n");
  server.close();
  const ours = (await sums()).split("\n");
  assert.deepEqual(theirs.filter((l) => !ours.includes(l)).map((l) => l.split("  ")[1]), ["send.js"]);
});
