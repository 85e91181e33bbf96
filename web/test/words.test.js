// A relay mails a link without its key: the page asks for the words of the sender.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Gate } from "./gate.js";
import { Client, Command, browsers, closeBrowsers, folder, patience, sha256, startStore } from "./support.js";

/** A mail server that takes everything. */
const mails = net.createServer((socket) => {
  let data = false;
  let rest = "";
  socket.on("error", () => {}); // the other end is gone
  socket.write("220 mail.example ESMTP\r\n");
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (data && line !== ".") continue;
      data = line === "DATA";
      socket.write(data ? "354 go on\r\n" : line === "QUIT" ? "221 bye\r\n" : line.startsWith("EHLO") ? "250-mail.example\r\n250 8BITMIME\r\n" : "250 ok\r\n");
    }
  });
});

/** @type {Awaited<ReturnType<typeof startStore>>} */ let relay;
before(async () => {
  await new Promise((done) => mails.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (mails.address());
  relay = await startStore("--smtp", `smtp://127.0.0.1:${port}?tls=off`, "--mail-from", "files@relay.example", "--public-url", "https://relay.example");
});
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
  mails.close();
});

for (const name of browsers) {
  test(`${name}: a link without its key takes words`, async () => {
    const path = join(folder(), "file.bin");
    const content = randomBytes(100_000);
    writeFileSync(path, content);
    const s = new Command("send", "--store", "--relay", relay.url, "--mail", "bo@example.org", path);
    assert.equal(await s.code(5 * patience), 0, s.stderr);
    const { link, words } = await s.event("words");

    const gate = await Gate.start(relay);
    const c = await Client.open(name, gate);
    await c.openLink(link, "words");
    assert.equal(await c.page.evaluate(() => location.href), gate.url + "/");
    await c.page.type("#words-answer", "acid acoustics");
    await c.page.keyboard.press("Enter");
    await c.says("words-problem", /cannot be the words: there are 7/);
    await c.page.$eval("#words-answer", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
    await c.page.type("#words-answer", "acid acoustics acrobat banana canister dairy zucchini");
    await c.click("words-yes");
    await c.says("words-problem", /not the words for this link/);
    await c.page.type("#words-answer", words);
    await c.click("words-yes");
    await c.screen("offer");
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(content));
    assert.ok(gate.asked.some((line) => /^GET \/api\/store\/\w+\/key /.test(line)));
    await c.close();
    gate.close();
  });
}
