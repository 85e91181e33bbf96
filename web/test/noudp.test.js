// Networks that let no UDP through: the relay and the browsers are in a network
// namespace that drops it, so there is no data channel, and the relayed lane carries
// everything although nothing was turned off.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, Command, bare, browsers, closeBrowsers, folder, sha256, startRelay } from "./support.js";

const inside = process.env.TALLOW_TEST_NO_UDP === "1";
const script = `
  ip link set lo up &&
  nft 'table inet noudp { chain out { type filter hook output priority 0; meta l4proto udp counter drop; }; }' &&
  "$@" && nft list ruleset`;

if (inside) {
  within();
} else {
  const able = process.getuid?.() === 0 && spawnSync("nft", ["--version"]).status === 0 && spawnSync("unshare", ["-n", "true"]).status === 0;
  test("without UDP", { skip: able ? false : "NOT TESTED: it needs root, iproute2 and nftables" }, async (t) => {
    const env = { ...process.env, TALLOW_TEST_NO_UDP: "1", NODE_TEST_CONTEXT: undefined };
    const child = spawn("unshare", ["-n", "sh", "-c", script, "sh", process.execPath, "--test", "--test-force-exit", fileURLToPath(import.meta.url)], { env, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    const code = await new Promise((done) => child.on("close", done));
    assert.equal(code, 0, output);
    const dropped = Number(/counter packets (\d+)/.exec(output)?.[1]);
    t.diagnostic(`${dropped} packets were dropped`);
    assert.ok(dropped > 0, "nothing has tried UDP");
  });
}

function within() {
  /** @type {import("./support.js").Relay} */ let relay;
  before(async () => (relay = await startRelay()));
  after(async () => {
    await closeBrowsers();
    await relay.process.kill();
  });
  const content = randomBytes(8 << 20);
  const path = join(folder(), "file.bin");
  writeFileSync(path, content);
  describe("all at once, since each waits for a direct connection", { concurrency: true }, () => {
    for (const name of browsers) {
      test(`${name} sends to the command`, async () => {
        const client = await Client.open(name, relay);
        await client.pick(path);
        const dir = folder();
        const command = new Command("receive", "--yes", "--relay", relay.url, "-o", dir + "/", "--lanes", "webrtc,relay", await client.code());
        assert.equal(await command.code(), 0, command.stderr);
        assert.deepEqual(Object.keys((await command.event("done")).lanes), ["relay"]);
        assert.equal((await command.event("lane")).reason, "no-direct");
        assert.equal(sha256(readFileSync(join(dir, "file.bin"))), sha256(content));
        await client.screen("done");
        await client.says("run-lane", /relay.*no direct connection/);
        await close(client);
      });
      test(`the command sends to ${name}`, async () => {
        const command = new Command("send", "--relay", relay.url, "--lanes", "webrtc,relay", path);
        const client = await Client.open(name, relay);
        await client.receive(bare((await command.event("code")).code));
        await client.accept();
        assert.equal((await client.saved()).hash, sha256(content));
        assert.equal(await command.code(), 0, command.stderr);
        assert.deepEqual(Object.keys((await command.event("done")).lanes), ["relay"]);
        await client.says("run-lane", /relay.*no direct connection/);
        await close(client);
      });
      for (const to of browsers) {
        test(`${name} sends to ${to}`, async () => {
          const from = await Client.open(name, relay);
          await from.pick(path);
          const client = await Client.open(to, relay);
          await client.receive(await from.code());
          await client.screen("offer");
          await client.click("offer-yes");
          await client.screen("done");
          assert.equal((await client.saved()).hash, sha256(content));
          await from.screen("done");
          for (const c of [from, client]) await c.says("run-lane", /relay.*no direct connection/);
          await close(from);
          await close(client);
        });
      }
    }
  });
}

/** Closes a page. That it found no path is no fault here. @param {Client} client */
function close(client) {
  client.faults = client.faults.filter((f) => !f.includes("ICE failed"));
  return client.close();
}
