// The page that a browser keeps: it opens without a network, follows the relay to a
// newer version, and takes what is shared with it without telling the relay.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { inFront } from "./front.js";
import { Client, browsers, closeBrowsers, startRelay } from "./support.js";

after(closeBrowsers);

/** Waits until the page is kept, as the version that it is. @param {Client} client */
async function kept(client) {
  await client.until(async () => {
    const base = document.querySelector("link[rel=stylesheet]")?.getAttribute("href")?.replace("/style.css", "");
    return navigator.serviceWorker.controller?.state === "activated" && (await caches.keys()).join() === `page ${base}`;
  }, "the page that is kept");
}

for (const name of browsers) {
  test(`${name}: the page opens without a network, and follows the relay`, async () => {
    const relay = await startRelay();
    const front = await inFront(relay);
    const client = await Client.open(name, { ...relay, host: front.host, url: front.url });
    await kept(client);

    front.newer = true;
    await client.goto("/");
    assert.match(await client.page.content(), /assets\/f+\//, "the page is not the newer one");
    await kept(client); // and nothing else

    front.close();
    await client.page.reload();
    await client.page.waitForSelector("html[data-ready]");
    assert.match(await client.page.content(), /assets\/f+\//, "the kept page is not the newer one");
    client.faults = client.faults.filter((f) => !/Failed to load resource|net::ERR|NetworkError/.test(f));
    await client.close();
    await relay.process.kill();
  });

  test(`${name}: what is shared with the page is offered, and does not reach the relay`, async () => {
    const relay = await startRelay();
    const front = await inFront(relay);
    const client = await Client.open(name, { ...relay, host: front.host, url: front.url });
    await kept(client);
    /** @param {boolean} files */
    const share = (files) => client.page.evaluate(async (files) => {
      const form = new FormData();
      form.append("title", "A page");
      form.append("url", "https://example.org/");
      if (files) form.append("files", new File(["shared"], "a photo ü.jpg"));
      await fetch("/share", { method: "POST", body: form, redirect: "manual" });
    }, files);
    await share(true);
    await client.goto("/?shared");
    await client.page.waitForSelector("#picked li");
    assert.match(await client.text("picked"), /a photo ü\.jpg.*6 B/);
    assert.equal(new URL(client.page.url()).search, "");
    await share(false);
    await client.goto("/?shared");
    await client.until(() => /** @type {HTMLTextAreaElement} */ (document.getElementById("text-input")).value, "the text");
    assert.equal(await client.page.$eval("#text-input", (e) => /** @type {HTMLTextAreaElement} */ (e).value), "A page\nhttps://example.org/");
    assert.deepEqual(front.asked.filter((r) => r.includes("share") && r.startsWith("POST")), []);
    await client.close();
    front.close();
    await relay.process.kill();
  });
}

/** The size of a PNG. @param {Buffer} png */
const sizeOf = (png) => `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;

test("the manifest names icons that are there, and takes what is shared", async () => {
  const relay = await startRelay();
  const answer = await fetch(`${relay.url}/manifest.webmanifest`);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/manifest\+json/);
  const manifest = /** @type {any} */ (await answer.json());
  assert.deepEqual([manifest.start_url, manifest.scope, manifest.display], ["/", "/", "standalone"]);
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await fetch(relay.url + src);
    assert.equal(icon.headers.get("content-type"), type, src);
    if (type === "image/png") assert.equal(sizeOf(Buffer.from(await icon.arrayBuffer())), sizes, src);
  }
  assert.ok(manifest.icons.some((/** @type {any} */ i) => i.purpose === "maskable"));
  const { action, method, enctype, params } = manifest.share_target;
  assert.deepEqual([action, method, enctype, params.files[0].name], ["/share", "POST", "multipart/form-data", "files"]);
  await relay.process.kill();
});

if (browsers.includes("chrome")) {
  test("chrome: the page can be installed", async () => {
    const relay = await startRelay();
    const client = await Client.open("chrome", relay, { shared: true }); // a private window can install nothing
    await kept(client);
    const devtools = await client.page.createCDPSession();
    const { errors } = await devtools.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    assert.deepEqual(installabilityErrors, []);
    await client.close();
    await relay.process.kill();
  });
}
