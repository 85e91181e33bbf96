// The name that the other side gives itself: a page shows it with the offer and during
// the transfer, whatever is in it, and gives none.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, browsers, closeBrowsers, folder, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

const path = join(folder(), "notes.txt");
writeFileSync(path, "hello");

/** A name that would like to be words of the page. */
const name = "Ana” <b>is trusted</b>. “";

for (const browser of browsers) {
  test(`${browser} is told a name`, async () => {
    const sender = new Command("send", "--relay", relay.url, "--lanes", "relay", "--as", name, path);
    const client = await Client.open(browser, relay);
    await client.receive((await sender.event("code")).code.replace(/@.*$/, "").replace(/^.*#/, ""));
    await client.screen("offer");
    assert.equal(await client.text("offer-name"), name);
    assert.equal(await client.text("offer-peer"), `The sender calls itself ${name}`);
    await client.click("offer-yes");
    await client.screen("done");
    assert.equal(await sender.code(), 0, sender.stderr);
    assert.ok(!sender.events.some((e) => e.event === "name"), "the page gives a name");
    assert.equal((await sender.event("done")).peer.name, "");
    await client.close();
  });

  test(`${browser} sends to somebody with a name`, async () => {
    const client = await Client.open(browser, relay);
    await client.pick(path);
    const command = new Command("receive", "--yes", "--relay", relay.url, "--lanes", "relay", "--as", name, "-o", folder() + "/", await client.code());
    assert.equal(await command.code(), 0, command.stderr);
    await client.screen("done");
    assert.equal(await client.page.$eval("#run-peer", (e) => e.textContent), `The receiver calls itself ${name}`);
    assert.ok(!command.events.some((e) => e.event === "name"), "the page gives a name");
    assert.equal((await command.event("offer")).peer.name, "");
    await client.close();
  });
}
