// Receiving: the code that is typed, or comes with a link, and the link of a stored
// transfer.

import { isStoredLink, parseCode } from "./code.js";
import { $, announce, checked, show } from "./dom.js";

const form = /** @type {HTMLFormElement} */ ($("receive-form"));
const input = /** @type {HTMLInputElement} */ ($("code-input"));
const maxCompletions = 8;

export class ReceiveForm {
  #port;
  #current;

  /**
   * @param {import("./port.js").Port} port
   * @param {import("./current.js").Current} current
   */
  constructor(port, current) {
    this.#port = port;
    this.#current = current;
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    input.oninput = () => {
      $("code-problem").textContent = "";
      if (/[a-z]$/i.test(input.value) && !isStoredLink(input.value)) port.do("complete", { prefix: input.value });
    };
    port.on("completions", (m) => {
      if (m.prefix !== input.value) return;
      $("code-words").replaceChildren(...m.all.slice(0, maxCompletions).map((/** @type {string} */ text) => new Option(text, text)));
    });
  }

  /** Fills in a code, and says so. @param {string} code @param {string} said */
  fill(code, said) {
    input.value = code;
    $("code-problem").textContent = "";
    $("receive-start").focus();
    announce(said);
  }

  /** Empties the form. */
  clear() {
    input.value = "";
  }

  /** Receives with a code, or what a link of a stored transfer names. @param {string} code */
  start(code) {
    this.#current.begin(false, code);
    this.#port.do("receive", { code, verify: checked("receive-verify"), password: this.#current.password });
    $("connect-status").textContent = "";
    show("connect");
  }

  /** Says why a code cannot be used. @param {string} why */
  refuse(why) {
    $("code-problem").textContent = why;
    input.focus();
  }

  #submit() {
    const stored = isStoredLink(input.value);
    const { code, host } = stored ? linkHere(input.value) : parseCode(input.value);
    if (!code) {
      this.refuse("Type the code that the sender tells you.");
    } else if (host && host !== location.host) {
      this.refuse(stored ? `This link is for another relay, ${host}. Open it in the browser.` : `This code is for another relay. Open https://${host} and type it there.`);
    } else {
      this.start(code);
    }
  }
}

/**
 * The link of a stored transfer, by the address of this page, and the host that it names.
 * @param {string} text
 */
function linkHere(text) {
  const [, host, rest] = /** @type {RegExpExecArray} */ (/https?:\/\/([^/\s]+)(\/[^]*)$/i.exec(text.trim()));
  return { code: location.origin + rest, host: host.toLowerCase() };
}
