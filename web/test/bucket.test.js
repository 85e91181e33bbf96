// A relay whose store is a bucket: the page puts and gets the bytes there, or by the relay
// where the bucket does not let it. The S3 server is rclone, which scripts/test builds.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Gate } from "./gate.js";
import { Client, browsers, closeBrowsers, folder, sha256, startRelay, within } from "./support.js";

after(closeBrowsers);

const version = /Version = "(.*)"/.exec(readFileSync(new URL("../../relay/stored/s3store/s3test/s3test.go", import.meta.url), "utf8"))?.[1];
const rclone = process.env.TALLOW_TEST_RCLONE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), `tallow-test/rclone-${version}/rclone`);
const skip = !existsSync(rclone) && process.env.TALLOW_TEST_REQUIRE_S3 === undefined ? "needs rclone" : false;

const keys = ["access", "secret-of-the-tests"];

/** An S3 server with a bucket. */
async function startS3() {
  const dir = folder();
  mkdirSync(join(dir, "transfers"));
  const server = spawn(rclone, ["serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", keys.join(","), "--no-cleanup", "--config", join(dir, "rclone.conf"), dir]);
  process.on("exit", () => server.kill("SIGKILL"));
  const host = await within(new Promise((/** @type {(host: string) => void} */ done, failed) => {
    let log = "";
    server.stderr.on("data", (data) => {
      log += data;
      const found = /server on \[http:\/\/(127\.0\.0\.1:\d+)\/\]/.exec(log);
      if (found) done(found[1]);
    });
    server.on("close", () => failed(new Error(log)));
  }), "the S3 server");
  return { host, end: () => server.kill("SIGKILL") };
}

for (const name of browsers) {
  for (const open of [true, false]) {
    test(`${name}: a bucket that ${open ? "lets pages in" : "does not"}`, { skip }, async () => {
      const s3 = await startS3();
      const bucket = await Gate.start(s3);
      bucket.cors = open;
      const relay = await startRelay("127.0.0.1:0", "--store", "s3://transfers/tallow", "--store-index", folder(), "--store-s3-endpoint", `http://${s3.host}`,
        "--store-s3-public", bucket.url, "--store-s3-style", "path", "--store-s3-access-key", keys[0], "--store-s3-secret-key", keys[1]);
      const gate = await Gate.start(relay);
      const path = join(folder(), "file.bin");
      const content = randomBytes(20 << 20);
      writeFileSync(path, content);

      const c = await Client.open(name, gate);
      await c.pick(path);
      const link = await c.store();
      await c.openLink(link);
      await c.accept();
      assert.equal((await c.saved()).hash, sha256(content));

      const there = (/** @type {RegExp} */ line) => bucket.asked.filter((l) => line.test(l)).length;
      const here = (/** @type {RegExp} */ line) => gate.asked.filter((l) => line.test(l)).length;
      assert.equal(there(/^PUT /) >= 3, open, "parts that went to the bucket");
      if (open) assert.ok(there(/^GET /) > 0, "nothing came from the bucket");
      assert.equal(here(/^PUT \/api\/store\/\w+\/parts\/\d+ /) >= 3, !open, "parts that went by the relay");
      assert.equal(here(/^GET \/api\/store\/\w+\/data /) > 0, !open, "ranges that came by the relay");
      c.expect(new RegExp(`^request to ${bucket.url}/`));
      if (!open) c.expect(/CORS|Access-Control|Failed to load|Cross-Origin|blocked/);
      await c.close();
      for (const g of [gate, bucket]) g.close();
      await relay.process.kill();
      s3.end();
    });
  }
}
