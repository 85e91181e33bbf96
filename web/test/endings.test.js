// How transfers end, and what the page says.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client, Command, bare, browsers, closeBrowsers, folder, sender, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

for (const name of browsers) {
  test(`${name}: a link fills the code in, waits, and leaves the address bar`, async () => {
    const s = await sender(relay, 1000);
    const c = await Client.open(name, relay, { path: `/room/#${s.code}` });
    assert.equal(await c.screen("home"), "home");
    assert.equal(await c.page.evaluate(() => location.href), relay.url + "/");
    await c.click("receive-start");
    await c.screen("offer");
    await c.click("offer-no");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /You declined/);
    assert.equal(await s.process.code(), 4);
    await c.close();
  });

  test(`${name}: a wrong code, a code that cannot be one, one of another relay, and a used one`, async () => {
    const s = await sender(relay, 1000);
    const c = await Client.open(name, relay);
    const wrong = s.code.replace(/-[a-z]+$/, s.code.endsWith("-acid") ? "-acorn" : "-acid");
    await c.receive("7-acid-acorm-acre");
    await c.until(() => /acorn/.test(document.getElementById("code-problem")?.textContent ?? ""), "the hint");
    await clear(c);
    await c.receive("7-acid-acorn-acre@relay.example");
    assert.match(await c.text("code-problem"), /another relay/);
    await clear(c);
    await c.receive(wrong);
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /not the same/);
    assert.match(await c.text("failed-hint"), /new code/);
    assert.equal(await s.process.code(), 3);
    await c.goto("/");
    await c.receive(wrong); // it is remembered beyond the page, and tried no more
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /tried here before/);
    await c.press("#failed .again");
    await c.receive(s.code);
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /^This code has been used/);
    await c.close();
  });

  test(`${name}: words are compared`, async () => {
    const c = await Client.open(name, relay);
    await c.page.type("#text-input", "hello");
    await c.press("#send-verify");
    const code = await c.code();
    const r = await Client.open(name, relay);
    await r.press("#receive-verify");
    await r.receive(code);
    await Promise.all([c.screen("verify"), r.screen("verify")]);
    const words = await c.text("verify-words");
    assert.equal(words.split(" ").length, 4);
    assert.equal(await r.text("verify-words"), words);
    await c.click("verify-yes");
    await r.click("verify-no");
    await Promise.all([c.screen("failed"), r.screen("failed")]);
    assert.match(await r.text("failed-title"), /do not match/);
    assert.match(await c.text("failed-title"), /do not match/);
    await r.close();
    await c.close();
  });

  test(`${name}: a pause, and a receiver that cancels`, async () => {
    const s = await sender(relay, 64 << 20, "--limit-rate", "4M");
    const c = await Client.open(name, relay);
    await c.receive(s.code);
    await c.screen("offer");
    await c.click("offer-yes");
    await c.moved(1e6);
    await c.click("pause");
    await c.until(() => document.getElementById("run-status")?.textContent === "Paused.", "the word of the pause");
    await c.click("pause");
    await c.until(() => document.getElementById("run-status")?.hidden, "the end of the pause");
    await c.press("#run .cancel");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /You cancelled/);
    assert.equal(await s.process.code(), 4);
    await c.close();
  });
}

// It takes a while until a lane counts as dead, so they wait together.
describe("senders that are killed", { concurrency: true }, () => {
  for (const [name, lane] of browsers.flatMap((b) => /** @type {const} */ ([[b, "webrtc"], [b, "relay"]]))) {
    test(`${name}: a sender that is killed while ${lane} carries`, async () => {
      const s = await sender(relay, 64 << 20, "--limit-rate", "2M", "--lanes", lane);
      const c = await Client.open(name, relay);
      await c.receive(s.code);
      await c.screen("offer");
      await c.click("offer-yes");
      await c.moved(1e6);
      await s.process.kill();
      const began = Date.now();
      await c.until(() => /lost/.test(document.getElementById("run-status")?.textContent ?? ""), "the word of the loss");
      assert.ok(Date.now() - began < 20_000, "it says so too late");
      for (let i = 0; i < 100; i++) assert.match(await c.text("run-status"), /lost/); // and nothing late takes it back
      await c.press("#run .cancel");
      await c.screen("failed");
      await c.press("#failed .again");
      await c.page.waitForSelector("#kept li"); // what has arrived, until it is deleted
      await c.press("#kept li button");
      await c.page.waitForSelector("#kept[hidden]");
      await c.close();
    });
  }
});

for (const name of browsers) {
  test(`${name}: a closed relay asks for its password`, async () => {
    const closed = await startRelay("127.0.0.1:0", "--password", "open sesame 1234");
    const c = await Client.open(name, closed);
    await c.page.type("#text-input", "hello");
    await c.click("send-start");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /password/);
    await c.page.type("#password", "open sesame 1234");
    await c.page.keyboard.press("Enter");
    await c.until(() => /^\d+-/.test(document.getElementById("code")?.textContent ?? ""), "the code");
    const r = await Client.open(name, closed);
    await r.receive(await c.text("code"));
    await r.screen("failed");
    await r.page.type("#password", "open sesame 1234");
    await r.page.keyboard.press("Enter");
    await r.screen("offer");
    await r.click("offer-yes");
    await r.screen("done");
    for (const client of [c, r]) {
      client.faults = client.faults.filter((f) => !/401|403|Unauthorized|Forbidden/.test(f)); // what a browser logs of the refusal
      await client.close();
    }
    await closed.process.kill();
  });
}

if (browsers.includes("chrome")) {
  test("chrome: a folder is saved into one that the person picked", async () => {
    const dir = join(folder(), "photos");
    mkdirSync(join(dir, "empty"), { recursive: true });
    writeFileSync(join(dir, "a.txt"), "a");
    writeFileSync(join(dir, "größe.bin"), randomBytes(2 << 20));
    symlinkSync("a.txt", join(dir, "link"));
    const s = new Command("send", "--relay", relay.url, dir);
    const c = await Client.open("chrome", relay);
    // No test can pick a folder of the disk, so it is one of the browser's own.
    await c.page.evaluate(() => {
      const picked = async () => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle("picked", { create: true });
        await folder.getDirectoryHandle("photos", { create: true }); // is there already
        return folder;
      };
      Object.assign(window, { showDirectoryPicker: picked });
    });
    await c.receive(bare((await s.event("code")).code));
    await c.screen("offer");
    await c.click("offer-yes");
    await c.screen("done");
    await c.click("save-folder");
    await c.until(() => /in the folder/.test(document.getElementById("save-status")?.textContent ?? ""), "the folder");
    assert.match(await c.text("save-status"), /2 files are in the folder. 1 entry/);
    assert.match(await c.text("done-skipped"), /photos\/linka symbolic link/);
    const tree = await c.page.evaluate(async () => {
      const walk = async (/** @type {any} */ dir, /** @type {string} */ path) => {
        const all = /** @type {string[]} */ ([]);
        for await (const [name, handle] of dir.entries()) {
          all.push(...(handle.kind === "file" ? [`${path}${name} ${(await handle.getFile()).size}`] : [`${path}${name}/`, ...(await walk(handle, `${path}${name}/`))]));
        }
        return all;
      };
      return (await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle("picked"), "")).sort();
    });
    assert.deepEqual(tree, ["photos (1)/", "photos (1)/a.txt 1", "photos (1)/empty/", "photos (1)/größe.bin 2097152", "photos/"]);
    await c.close();
  });
}

/** @param {Client} c */
async function clear(c) {
  await c.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
}
