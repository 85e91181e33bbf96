// Saving: the browser reads a Blob from its own storage, so nothing is held in
// memory.

import { $, line, shown } from "./dom.js";
import { count, printable, quoted } from "./format.js";

/** @typedef {import("./port.js").Message} Message */

/**
 * Saves what has arrived when the person asks for it, or the program has it ready.
 * @param {import("./port.js").Port} port
 * @param {import("./current.js").Current} current
 */
export function serveSaving(port, current) {
  $("save").onclick = () => port.do("save", { name: current.kept });
  port.on("save", (m) => {
    download(m.blob, m.title);
    say(`The browser saves ${quoted(m.title)}.`);
    if (shown() === "home") port.do("list");
  });
  $("save-folder").onclick = async () => {
    const folder = await pickFolder();
    if (!folder) return;
    say("Saving …");
    port.do("export", { name: current.kept, folder });
  };
  port.on("exported", showExported);
  port.on("save-failed", () => say("It could not be saved: the browser does not let the page read it, or has deleted it because space was short."));
}

/** Says it on both screens where something can be saved. @param {string} text */
function say(text) {
  for (const id of ["save-status", "kept-status"]) $(id).textContent = text;
}

/** @param {Message} m */
function showExported(m) {
  const left = m.skipped.length;
  say(`${count(m.files, "file is", "files are")} in the folder.${left ? ` ${count(left, "entry", "entries")} could not be saved there:` : ""}`);
  if (!left) return;
  $("done-skipped").hidden = false;
  $("done-skipped").append(...m.skipped.map((/** @type {Message} */ s) => line(printable(s.path), printable(s.reason))));
}

/**
 * Asks for a folder to save into, where the browser lets a page do that.
 * @returns {Promise<FileSystemDirectoryHandle | null>}
 */
async function pickFolder() {
  try {
    return await /** @type {any} */ (window).showDirectoryPicker({ mode: "readwrite" });
  } catch {
    return null; // the person picked none
  }
}

/** Whether the browser lets a page save into a folder. */
export const canPickFolder = "showDirectoryPicker" in window;

/**
 * Saves a Blob under a name, as a download.
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.hidden = true;
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 3_600_000); // a large one takes its time
}
