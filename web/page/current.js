// The transfer that runs, or ran last.

import { isStoredLink } from "./code.js";
import { $ } from "./dom.js";
import { stay } from "./stay.js";

/** @typedef {import("./port.js").Message} Message */

const maxSkipped = 100; // lines that are shown

/** The title while a stored transfer is opened. */
export const opening = "Opening what is stored …";

/** Where a code is remembered while it is received, so that a reload goes on. */
const remembered = "receiving";

export class Current {
  sending = false;
  running = false;
  code = ""; // or the link of a stored transfer
  stored = false; // there is a store in place of the other side
  kept = ""; // the name of what has arrived, in the storage
  text = false; // it is a text
  skipped = /** @type {Message[]} */ ([]);

  /** The password of a closed relay, for as long as the page is open. */
  password = "";

  /** @param {import("./port.js").Port} port */
  constructor(port) {
    port.on("skip", (m) => {
      if (this.skipped.length < maxSkipped) this.skipped.push(m);
    });
    port.on("kept-as", (m) => (this.kept = m.name));
  }

  /**
   * Begins another one.
   * @param {boolean} sending
   * @param {string} code  empty if it is not known yet
   * @param {boolean} stored  it goes to a store, or comes from one
   */
  begin(sending, code, stored = isStoredLink(code)) {
    Object.assign(this, { sending, code, stored, running: true, kept: "", text: false, skipped: [] });
    if (!sending) sessionStorage.setItem(remembered, code);
    $("connect-title").textContent = stored ? (sending ? "Getting ready to store it …" : opening) : "Looking for the sender …";
    $("save-status").textContent = $("kept-status").textContent = "";
    stay(true);
  }

  /** It has ended. */
  end() {
    this.running = false;
    stay(false);
  }

  /** A reload goes on with it no more. */
  forget() {
    sessionStorage.removeItem(remembered);
  }

  /** The code or link of a receive that a reload has interrupted; null if there is none. */
  static interrupted() {
    return sessionStorage.getItem(remembered);
  }
}
