// The storage of a browser: it is full, and several tabs share it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, Command, bare, browsers, closeBrowsers, sender, sha256, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** Receives what a sender offers until the offer is there. @param {Client} c @param {{code: string}} s */
async function offered(c, s) {
  await c.receive(s.code);
  assert.equal(await c.screen("offer", "failed"), "offer", await c.text("failed-title"));
}

/** A transfer comes to its end, and what has arrived is right. @param {Client} c @param {Awaited<ReturnType<typeof sender>>} s */
async function arrives(c, s) {
  assert.equal(await c.screen("done", "failed"), "done", await c.text("failed-title"));
  assert.equal((await c.saved()).hash, sha256(s.content));
  assert.equal(await s.process.code(), 0, s.process.stderr);
}

for (const name of browsers) {
  test(`${name}: two tabs of one browser receive different things of the same name`, async () => {
    const [one, other] = [await sender(relay, 12 << 20, "--limit-rate", "3M"), await sender(relay, 9 << 20, "--limit-rate", "3M")];
    const first = await Client.open(name, relay);
    const second = await Client.open(name, relay, { beside: first });
    await Promise.all([offered(first, one), offered(second, other)]);
    await first.click("offer-yes");
    await second.click("offer-yes");
    const third = await Client.open(name, relay, { beside: first }); // looks at what is kept meanwhile
    await Promise.all([arrives(first, one), arrives(second, other)]);
    await third.goto("/");
    await third.until(() => document.querySelectorAll("#kept li").length === 2, "the list");
    assert.match(await third.text("kept-list"), /file\.bin12\.6 MB.*file\.bin9\.4 MB|file\.bin9\.4 MB.*file\.bin12\.6 MB/);
    for (const c of [third, second, first]) await c.close();
  });

  for (const shared of [false, true]) {
    test(`${name}: two tabs with one code, ${shared ? "in one browser" : "in two"}`, async () => {
      const s = await sender(relay, 12 << 20, "--limit-rate", "4M");
      const first = await Client.open(name, relay);
      const second = await Client.open(name, relay, shared ? { beside: first } : {});
      await offered(first, s);
      await second.receive(s.code);
      await second.screen("failed");
      assert.match(await second.text("failed-title"), /^This code has been used/);
      await first.click("offer-yes");
      await first.moved(1 << 20);
      await second.goto("/");
      await second.receive(s.code);
      await second.screen("failed");
      assert.match(await second.text("failed-title"), /^This code has been used/);
      await arrives(first, s);
      await second.close();
      await first.close();
    });
  }
}

if (browsers.includes("chrome")) {
  test("chrome: a storage that is full, and one that becomes full", async () => {
    const c = await Client.open("chrome", relay, { shared: true });
    const devtools = await c.page.createCDPSession();
    const quota = (/** @type {number} */ quotaSize) => devtools.send("Storage.overrideQuotaForOrigin", { origin: relay.url, quotaSize });
    await quota(4 << 20);
    const s = await sender(relay, 16 << 20);
    await offered(c, s);
    await c.click("offer-yes");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /too little space|allows no more/);
    assert.match(await c.text("failed-hint"), /same code/);
    await quota(1 << 30);
    await c.click("retry"); // the sender waits
    await c.screen("offer");
    await c.click("offer-yes");
    await arrives(c, s);
    await c.close();
  });
}

if (browsers.includes("firefox")) {
  // Firefox has no quota that a test can change, but a preference for that of all
  // origins together, in KiB. One origin may have a part of it.
  test("firefox: a storage that is full", async () => {
    const start = { preferences: { "dom.quotaManager.temporaryStorage.fixedLimit": 100 << 10 } };
    const c = await Client.open("firefox", relay, { start });
    const small = await sender(relay, 1 << 20);
    await offered(c, small);
    await c.click("offer-yes");
    await arrives(c, small);

    await c.press("#done .again");
    await clear(c);
    const large = await sender(relay, 128 << 20);
    await refused(c, large, /too little space for it.* more are needed/); // before anything has come

    await c.press("#failed .again");
    await clear(c);
    const stream = new Command("send", "--relay", relay.url, "-"); // nobody knows how long it is
    stream.process.stdin.end(large.content);
    await refused(c, { code: bare((await stream.event("code")).code) }, /allows no more to be stored/);

    await c.press("#failed .again");
    await c.page.evaluate(() => (/** @type {any} */ (window).saved.length = 0));
    await c.until(() => /unfinished/.test(document.getElementById("kept-list")?.textContent ?? ""), "the list");
    await c.page.$eval('#kept li button[aria-label="Save file.bin"]', (e) => /** @type {HTMLElement} */ (e).click()); // what was there stays
    assert.equal((await c.saved()).hash, sha256(small.content));
    assert.match(await c.text("kept-status"), /saves “.file\.bin.”/);
    await c.close();
    for (const process of [large.process, stream]) await process.kill();
  });
}

/** Accepts what does not fit. @param {Client} c @param {{code: string}} s @param {RegExp} words */
async function refused(c, s, words) {
  await offered(c, s);
  await c.click("offer-yes");
  assert.equal(await c.screen("done", "failed"), "failed");
  assert.match(await c.text("failed-title"), words);
  assert.match(await c.text("failed-hint"), /Delete what is kept here, or make space/);
}

/** @param {Client} c */
async function clear(c) {
  await c.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
}
