// What is pasted on the first screen: files, a code, or a text.

import { isCode } from "./code.js";
import { shown } from "./dom.js";
import { fromTransfer } from "./picked.js";

/**
 * Fills in what is pasted. A field that the person pastes into has its text.
 * @param {import("./send.js").SendForm} send
 * @param {import("./receive.js").ReceiveForm} receive
 */
export function servePaste(send, receive) {
  document.addEventListener("paste", async (event) => {
    const data = event.clipboardData;
    if (!data || shown() !== "home") return;
    const text = data.getData("text/plain");
    const inField = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
    if (inField && text) return;
    const items = await fromTransfer(data);
    if (items.length) send.pick(items);
    else if (isCode(text)) receive.fill(text.trim(), "The code is filled in. Press Receive.");
    else if (text) send.write(text);
  });
}
