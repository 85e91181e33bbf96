// How a transfer ended, and what can be done then.

import { $, copy, line, show } from "./dom.js";
import { bytes, count, duration, printable } from "./format.js";
import { canPickFolder } from "./save.js";
import { wordsOf } from "./words.js";

/** @typedef {import("./port.js").Message} Message */
/** @typedef {import("./words.js").Failure} Failure */

export class Ending {
  #port;
  #current;
  #send;
  #receive;
  #storing;
  #asksToken = false; // the form asks for the token of the store, not for the relay's password

  /**
   * @param {import("./port.js").Port} port
   * @param {import("./current.js").Current} current
   * @param {import("./send.js").SendForm} send
   * @param {import("./receive.js").ReceiveForm} receive
   * @param {import("./storing.js").Storing} storing
   */
  constructor(port, current, send, receive, storing) {
    this.#port = port;
    this.#current = current;
    this.#send = send;
    this.#receive = receive;
    this.#storing = storing;
    port.on("end", (m) => this.#end(m));
    port.on("text", (m) => {
      /** @type {HTMLTextAreaElement} */ ($("done-text")).value = m.text;
      $("copy-text").onclick = () => copy($("copy-text"), m.text);
    });
    $("retry").onclick = () => receive.start(current.code);
    /** @type {HTMLFormElement} */ ($("password-form")).onsubmit = (event) => {
      event.preventDefault();
      const { value } = /** @type {HTMLInputElement} */ ($("password"));
      if (this.#asksToken) storing.retry(value);
      else current.password = value;
      if (current.sending) send.start();
      else receive.start(current.code);
    };
    for (const b of document.querySelectorAll(".again")) /** @type {HTMLElement} */ (b).onclick = () => this.#home();
  }

  #home() {
    this.#send.clear();
    this.#receive.clear();
    this.#port.do("list");
    this.#storing.ask();
    show("home");
  }

  /** @param {Message} m */
  #end(m) {
    const failure = /** @type {Failure | undefined} */ (m.error);
    this.#current.end();
    if (!failure || m.state === "completed" || !goesOn(failure)) this.#current.forget();
    if (m.state === "completed" && this.#current.sending && this.#current.stored) this.#storing.finished(m, failure);
    else if (m.state === "completed") this.#finished(m, failure);
    else this.#failed(failure);
  }

  /** @param {Message} m @param {Failure} [failure] */
  #finished(m, failure) {
    const { sending, kept, skipped } = this.#current;
    const text = this.#current.text && !sending;
    $("done-title").textContent = failure ? wordsOf(failure)[0] : sending ? "Sent." : text ? "A text has arrived." : "Received.";
    $("done-summary").textContent = text ? "" :
      `${count(m.files, "file", "files")}, ${bytes(m.bytes)}, in ${duration(m.seconds)}. ${sending ? "Everything is verified on the other device." : "Everything is verified."}`;
    $("done-text-block").hidden = $("copy-text").hidden = !text;
    $("save").hidden = kept === "";
    $("save-folder").hidden = kept === "" || !canPickFolder;
    $("done-skipped").hidden = skipped.length === 0;
    $("done-skipped").replaceChildren(...skipped.map((s) => line(printable(s.path), printable(s.reason))));
    show("done");
    if (kept && !(canPickFolder && m.files !== 1)) this.#port.do("save", { name: kept }); // else there is a choice
  }

  /** @param {Failure} [failure] */
  #failed(failure) {
    const { sending } = this.#current;
    const [text, hint] = failure ? wordsOf(failure) : ["The transfer ended.", ""];
    if (failure && !sending && cannotBeACode(failure)) {
      show("home"); // nothing was tried
      this.#receive.refuse(`${text} ${hint}`);
      return;
    }
    $("failed-title").textContent = text;
    $("failed-hint").textContent = hint;
    $("retry").hidden = sending || !failure || !mayGoOn(failure);
    $("retry").textContent = failure?.stored ? "Try again" : "Try again with the same code";
    this.#asksToken = failure?.reason === "store-token";
    const asks = this.#asksToken || failure?.reason === "relay-password";
    $("password-label").textContent = this.#asksToken ? "Token of the relay’s store" : "Password of the relay";
    $("password-form").hidden = !asks;
    /** @type {HTMLInputElement} */ ($("password")).value = "";
    show("failed");
    if (asks) $("password").focus();
  }
}

/** Whether the same code or link goes on with what has arrived: a code does while its sender waits. @param {Failure} failure */
function goesOn({ stored, waiting, kept }) {
  return waiting || stored && kept;
}

/** Whether the same code or link is worth another attempt. @param {Failure} failure */
function mayGoOn(failure) {
  if (goesOn(failure)) return true;
  const { kind, reason, stored } = failure;
  const later = stored ? ["stored-busy", "stored-incomplete", "no-space", "interrupted"] : ["code-unknown", "code-word-count"];
  return later.includes(reason) || stored && kind === "network" && reason !== "store-none";
}

/** Whether a code or a link cannot be one, so that nothing was tried. @param {Failure} failure */
function cannotBeACode({ kind, reason }) {
  return kind === "code" && reason !== "code-word-count" && /^(?:code-(?:word|empty|number|few|many|char|too)|link-(?:form|no-key|key)$)/.test(reason);
}
