// A sender that offers names to get out of the folder, twice, through links and with
// control characters: neither the archive nor a folder that the person picked has
// anything but the good ones. The gate is that of the command line (disk/names).

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, browsers, closeBrowsers, folder, startRelay, within } from "./support.js";
import { unzip } from "./unzip.js";

/** @type {import("./support.js").Relay} */ let relay;
const program = join(folder(), "hostile");
before(async () => {
  const env = { ...process.env, CGO_ENABLED: "0" }; // as in scripts/build, so that little is left to compile
  execFileSync("go", ["build", "-trimpath", "-o", program, "./test/hostile"], { cwd: new URL("..", import.meta.url).pathname, env });
  relay = await startRelay();
});
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** The good ones. The link top/out is refused, so what is below it is in a folder. @type {Record<string, string>} */
const good = {
  "top/": "", "top/good.txt": "top/good.txt", "top/last.txt": "top/last.txt",
  "top/out/through-a-link.txt": "top/out/through-a-link.txt",
};

/** Receives what the hostile sender offers. @param {"chrome" | "firefox"} name */
async function receive(name) {
  const sender = spawn(program, [relay.url], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => sender.kill("SIGKILL"));
  const line = await within(new Promise((done) => sender.stdout.once("data", (data) => done(String(data)))), "the code");
  const client = await Client.open(name, relay);
  await client.receive(line.trim().replace(/@.*$/, ""));
  await client.screen("offer");
  await client.click("offer-yes");
  await client.screen("done");
  return client;
}

for (const name of browsers) {
  test(`${name}: the archive of a hostile sender`, async () => {
    const client = await receive(name);
    const skipped = await client.text("done-skipped");
    for (const part of ["escaped.txt", "absolute.txt", "offered.txt", "below-a-file.txt", "top/out", "top/root"]) {
      assert.ok(skipped.includes(part), `${part} is not told: ${skipped}`);
    }
    assert.ok(!/[\n\x1b]/.test(skipped), "control characters are shown");
    await client.click("save");
    const entries = unzip(await client.savedBytes());
    assert.deepEqual(Object.fromEntries([...entries].map(([path, e]) => [path, e.content.toString()])), good);
    await client.close();
  });
}

if (browsers.includes("chrome")) {
  test("chrome: a folder that the person picked", async () => {
    const client = await receive("chrome");
    await client.page.evaluate(() => {
      const picked = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true });
      Object.assign(window, { showDirectoryPicker: picked });
    });
    await client.click("save-folder");
    await client.says("save-status", /in the folder/);
    const all = await client.page.evaluate(async () => {
      const walk = async (/** @type {any} */ dir, /** @type {string} */ path) => {
        const found = /** @type {string[]} */ ([]);
        for await (const [name, handle] of dir.entries()) {
          found.push(...(handle.kind === "file" ? [path + name] : [`${path}${name}/`, ...(await walk(handle, `${path}${name}/`))]));
        }
        return found;
      };
      return (await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle("picked"), "")).sort();
    });
    assert.deepEqual(all, [...Object.keys(good), "top/out/"].sort());
    await client.close();
  });
}
