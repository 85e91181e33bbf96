// The screen of a transfer that runs.

import { $, announce, line } from "./dom.js";
import { bytes, count, duration, printable, quoted } from "./format.js";
import { showUnderway } from "./underway.js";
import { lanes, stalls } from "./words.js";

/** @typedef {import("./port.js").Message} Message */

const maxLines = 100;
const announceEvery = 15_000;

export class Progress {
  #up = /** @type {Map<string, string>} */ (new Map()); // the lanes that carry, and why
  #paused = false; // here
  #halted = false; // by either side, or no connection: late progress, or a late stall, says nothing new
  #announced = 0;
  #single = false;
  #way = ""; // how it comes where there are no lanes

  /** @param {import("./port.js").Port} port */
  constructor(port) {
    port.on("progress", (m) => this.#progress(m));
    port.on("lane", (m) => this.#lane(m));
    port.on("end", () => this.#up.clear());
    port.on("state", (m) => this.#state(m));
    port.on("stall", (m) => {
      if (!this.#halted || m.reason === "reconnecting" || m.reason === "store-away") this.#say(stalls[m.reason] ?? "");
    });
    port.on("file", (m) => this.#file(m));
    $("pause").onclick = () => {
      port.do(this.#paused ? "resume" : "pause");
      this.#setPaused(!this.#paused);
    };
  }

  /**
   * Begins with an offer.
   * @param {string} title
   * @param {boolean} single  it is one file, for which the large bar is enough
   * @param {string} way  of lanes in words.js: how it comes where there are none
   */
  begin(title, single, way) {
    this.#single = single;
    this.#way = way;
    this.#setPaused(false);
    this.#halted = false;
    this.#announced = Date.now();
    $("run-title").textContent = title;
    $("run-list").replaceChildren();
    showUnderway([]);
    $("run-count").textContent = "0";
    $("run-done").textContent = $("run-rate").textContent = $("run-left").textContent = "";
    $("bar").removeAttribute("value");
    this.#say("");
    this.#showLanes();
  }

  /** @param {Message} m */
  #progress(m) {
    const bar = /** @type {HTMLProgressElement} */ ($("bar"));
    const total = Math.max(m.total, m.received);
    bar.max = Math.max(total, 1);
    bar.value = m.received;
    $("run-done").textContent = m.total ? `${bytes(m.received)} of ${bytes(total)}` : bytes(m.received);
    $("run-rate").textContent = m.rate > 0 ? `${bytes(m.rate)}/s` : "";
    const left = m.rate > 0 && m.total > m.received ? duration((m.total - m.received) / m.rate) : "";
    $("run-left").textContent = left ? `${left} left` : "";
    $("run-count").textContent = m.files.toLocaleString();
    if (!this.#single) showUnderway(m.underway);
    if (m.rate > 0 && !this.#halted) this.#say(""); // the rate falls slowly after a pause
    if (Date.now() - this.#announced > announceEvery) {
      this.#announced = Date.now();
      announce(`${Math.floor((100 * m.received) / bar.max)} percent${left ? `, ${left} left` : ""}`);
    }
  }

  /** @param {Message} m */
  #lane(m) {
    if (m.up) this.#up.set(m.lane, m.reason);
    else this.#up.delete(m.lane);
    this.#showLanes();
  }

  #showLanes() {
    const why = [...this.#up.values()];
    const text = lanes[why.includes("direct") ? "direct" : why.at(-1) ?? this.#way] ?? "";
    if ($("run-lane").textContent !== text) $("run-lane").textContent = text;
  }

  /** @param {Message} m */
  #state(m) {
    this.#halted = m.state === "paused" || m.state === "connecting";
    if (m.state === "paused") this.#say(this.#paused ? "Paused." : "The other side has paused.");
    else if (m.state === "connecting") this.#say(m.reason ? `The other device waits: ${printable(m.reason)}` : stalls.reconnecting);
    else this.#say("");
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    this.#paused = paused;
    $("pause").textContent = paused ? "Resume" : "Pause";
  }

  /** @param {string} text */
  #say(text) {
    if ($("run-status").textContent !== text) $("run-status").textContent = text;
    $("run-status").hidden = text === "";
  }

  /** @param {Message} m */
  #file(m) {
    const list = $("run-list");
    list.prepend(line(printable(m.path), bytes(m.bytes)));
    if (list.childElementCount > maxLines) list.lastElementChild?.remove();
  }
}

/**
 * What an offer is called.
 * @param {Message} offer
 */
export function titleOf(offer) {
  if (offer.text) return "a text";
  const what = offer.names.length === 1 ? quoted(offer.names[0]) : count(offer.names.length, "thing", "things");
  if (!offer.known) return what;
  if (offer.files === 1 && offer.names.length === 1) return `${what}, ${bytes(offer.bytes)}`;
  return `${what} with ${count(offer.files, "file", "files")}, ${bytes(offer.bytes)}`;
}
