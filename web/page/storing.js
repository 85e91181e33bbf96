// Leaving something at the relay: what the form asks, and the link at the end.

import { $, announce, checked, copy, line, show } from "./dom.js";
import { bytes, count, lifetime, moment, printable } from "./format.js";
import { qrCode } from "./qr.js";
import { wordsOf } from "./words.js";

/** @typedef {import("./port.js").Message} Message */
/** @typedef {import("./words.js").Failure} Failure */

const hour = 3600;
const day = 24 * hour;
const lives = [hour, 6 * hour, day, 3 * day, 7 * day, 14 * day, 30 * day];
const numbers = [1, 2, 3, 5, 10, 25, 100];

const expires = /** @type {HTMLSelectElement} */ ($("store-expires"));
const downloads = /** @type {HTMLSelectElement} */ ($("store-downloads"));
const secret = /** @type {HTMLInputElement} */ ($("store-secret"));
const token = /** @type {HTMLInputElement} */ ($("store-token"));

/** Shows what may be stored, once the relay has told it, and has it asked again where it did not answer. */
export class Storing {
  #port;
  #current;
  #known = false; // what the relay stores
  #link = /** @type {Message | null} */ (null); // of what is stored, until its transfer has ended

  /**
   * @param {import("./port.js").Port} port
   * @param {import("./current.js").Current} current
   */
  constructor(port, current) {
    this.#port = port;
    this.#current = current;
    port.on("terms", (m) => this.#offer(m));
    port.on("stored", (m) => (this.#link = m));
    $("store-it").onchange = () => this.#choose();
    $("share-stored").hidden = !navigator.share;
  }

  /** Whether the person wants it stored. */
  get wanted() {
    return checked("store-it");
  }

  /** Asks the relay, unless it has told before. */
  ask() {
    if (!this.#known) this.#port.do("terms");
  }

  /** What is to be asked of the program besides the files. */
  options() {
    return { expires: Number(expires.value), downloads: Number(downloads.value), secret: secret.value, token: token.value };
  }

  /** Takes another token than the one that was refused. @param {string} another */
  retry(another) {
    token.value = another;
  }

  /** Empties the form. */
  clear() {
    secret.value = "";
    this.#link = null;
  }

  /** @param {Message} terms */
  #offer(terms) {
    this.#known = terms.known;
    $("store-block").hidden = !terms.store;
    $("store-token-block").hidden = !terms.token;
    if (terms.store) {
      const offered = [...new Set([...lives, terms.expires, terms.max_expires].filter((life) => life <= terms.max_expires))].sort((a, b) => a - b);
      expires.replaceChildren(...offered.map((life) => new Option(lifetime(life), `${life}`, life === terms.expires, life === terms.expires)));
      downloads.replaceChildren(
        ...numbers.filter((n) => n <= terms.max_downloads).map((n) => new Option(n === 1 ? "once" : count(n, "time", "times"), `${n}`)),
        new Option("as often as anyone likes", "0"),
      );
    }
    this.#choose();
  }

  #choose() {
    const { wanted } = this;
    $("store-options").hidden = !wanted;
    $("send-verify-block").hidden = wanted; // nobody is there to compare words with
    $("send-start").textContent = wanted ? "Store it, and get a link" : "Get a code";
  }

  /**
   * Shows the link, when all is stored.
   * @param {Message} end
   * @param {Failure} [failure]  of what was left out
   */
  finished(end, failure) {
    const stored = this.#link;
    if (!stored) return;
    const { link } = stored;
    $("stored-link").textContent = link;
    $("copy-stored").onclick = () => copy($("copy-stored"), link);
    $("share-stored").onclick = () => navigator.share({ title: "tallow", url: link }).catch(() => {});
    const qr = qrCode(link, "The link as a QR code");
    $("stored-qr").replaceChildren(...(qr ? [qr] : []));
    $("stored-command").textContent = `tallow receive "${link}"`;
    $("stored-secret").hidden = secret.value === "";
    $("stored-summary").textContent = `${count(end.files, "file", "files")}, ${bytes(end.bytes)}. ${untilWhen(stored)}`;
    $("stored-partial").hidden = !failure;
    $("stored-partial").textContent = failure ? wordsOf(failure).join(" ") : "";
    const { skipped } = this.#current;
    $("stored-skipped").hidden = skipped.length === 0;
    $("stored-skipped").replaceChildren(...skipped.map((s) => line(printable(s.path), printable(s.reason))));
    show("stored");
    announce("Everything is stored. The link is on the page.");
  }
}

/** @param {Message} stored */
function untilWhen({ expires, downloads }) {
  const when = moment(expires);
  if (!downloads) return `The relay deletes it ${when}.`;
  return `The relay deletes it after ${downloads === 1 ? "the first download" : count(downloads, "download", "downloads")}, ${when} at the latest.`;
}
