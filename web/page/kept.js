// What was received and is kept in this browser.

import { $, button, line } from "./dom.js";
import { bytes, printable } from "./format.js";

/**
 * Shows the list, whenever the program tells it.
 * @param {import("./port.js").Port} port
 */
export function showKept(port) {
  port.on("kept", (m) => {
    $("kept").hidden = m.kept.length === 0;
    $("kept-list").replaceChildren(...m.kept.map((/** @type {any} */ k) => {
      const names = printable(k.names.join(", "));
      const state = k.saved ? ", saved" : k.finished ? "" : ", unfinished: received again, only the rest is sent";
      const remove = button("Delete", `Delete ${names}`, () => port.do("delete", { name: k.name }));
      const save = button("Save", `Save ${names}`, () => port.do("save", { name: k.name }));
      return line(names, bytes(k.bytes) + state, ...(k.finished ? [save, remove] : [remove]));
    }));
  });
}
