// What a browser lacks, as far as it matters. It is found out by feature, never by
// name.

import { $ } from "./dom.js";

function missing() {
  if (!isSecureContext) return "This page did not come by HTTPS, so the browser lets it neither store files nor receive them. Open it by https://, or use tallow on the command line.";
  if (typeof WebAssembly !== "object") return "This browser has no WebAssembly, which this page needs. Use a newer browser, or tallow on the command line.";
  if (typeof FileSystemFileHandle !== "function") return "This browser cannot store what it receives. Use a newer browser, or tallow on the command line. Sending works.";
  return "";
}

/** Says what is missing, if something is. */
export function showMissing() {
  warn(missing());
}

/** Shows a warning at the start, or none if it is empty. @param {string} text */
export function warn(text) {
  $("unfit").textContent = text;
  $("unfit").hidden = text === "";
}
