// Sending: what is picked, and the code that the receiver is told.

import { linkOf, parseCode } from "./code.js";
import { $, announce, button, checked, copy, line, show, shown } from "./dom.js";
import { bytes, count, printable } from "./format.js";
import { Picked, fromInput, fromTransfer } from "./picked.js";
import { qrCode } from "./qr.js";

const form = /** @type {HTMLFormElement} */ ($("send-form"));
const textInput = /** @type {HTMLTextAreaElement} */ ($("text-input"));

export class SendForm {
  #picked = new Picked();
  #port;
  #current;
  #storing;

  /**
   * @param {import("./port.js").Port} port
   * @param {import("./current.js").Current} current
   * @param {import("./storing.js").Storing} storing
   */
  constructor(port, current, storing) {
    this.#port = port;
    this.#current = current;
    this.#storing = storing;
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.#watchInputs();
    this.#watchDrops();
    port.on("code", (m) => this.#showCode(m.code));
    $("copy-code").onclick = () => copy($("copy-code"), current.code);
    $("copy-link").onclick = () => copy($("copy-link"), linkOf(current.code));
    $("share-link").hidden = !navigator.share;
    $("share-link").onclick = () => navigator.share({ title: "tallow", url: linkOf(current.code) }).catch(() => {});
    this.#show();
  }

  /** @param {import("./picked.js").Item[]} items */
  pick(items) {
    this.#picked.add(items);
    this.#show();
    if (items.length) announce(`${count(this.#picked.tops.length, "thing", "things")} will be sent.`);
  }

  /**
   * Fills in what another program has shared.
   * @param {import("./picked.js").Item[]} items
   * @param {string} text
   */
  fill(items, text) {
    this.pick(items);
    if (!items.length) textInput.value = text;
    $("send-start").focus();
  }

  /** Adds a text to the one that is sent, unless files are. @param {string} text */
  write(text) {
    if (textInput.disabled) {
      announce(textInput.placeholder);
      return;
    }
    textInput.value += text;
    textInput.focus();
  }

  /** Empties the form. */
  clear() {
    this.#picked.clear();
    this.#show();
    textInput.value = "";
    this.#storing.clear();
  }

  /** Sends, or stores, what the form has. */
  start() {
    const items = this.#picked.items;
    const what = { items, text: items.length ? "" : textInput.value, password: this.#current.password };
    if (this.#storing.wanted) {
      this.#current.begin(true, "", true);
      this.#port.do("store", { ...what, ...this.#storing.options() });
      $("connect-status").textContent = "";
      show("connect");
      return;
    }
    this.#current.begin(true, "");
    this.#port.do("send", { ...what, verify: checked("send-verify") });
    $("code").textContent = "…";
    $("wait-status").textContent = "";
    show("wait");
  }

  #submit() {
    if (this.#picked.items.length || textInput.value.trim()) {
      this.start();
      return;
    }
    announce("Choose a file or a folder, or write a text.");
    $("pick-files").focus();
  }

  #show() {
    $("picked").replaceChildren(...this.#picked.tops.map((top) =>
      line(printable(top.name), top.folder ? `${count(top.files, "file", "files")}, ${bytes(top.bytes)}` : bytes(top.bytes),
        button("Remove", `Remove ${printable(top.name)}`, () => {
          this.#picked.remove(top.name);
          this.#show();
        }))));
    const any = this.#picked.items.length > 0;
    textInput.disabled = any;
    textInput.placeholder = any ? "Remove the files to send a text" : "";
  }

  #watchInputs() {
    for (const id of ["files", "folder"]) {
      const input = /** @type {HTMLInputElement} */ ($(`${id}-input`));
      $(`pick-${id}`).onclick = () => input.click();
      input.onchange = () => {
        this.pick(fromInput(input.files));
        input.value = "";
      };
    }
  }

  #watchDrops() {
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      $("drop").classList.toggle("over", shown() === "home");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) $("drop").classList.remove("over");
    });
    document.addEventListener("drop", async (event) => {
      event.preventDefault();
      $("drop").classList.remove("over");
      if (event.dataTransfer && shown() === "home") this.pick(await fromTransfer(event.dataTransfer));
    });
  }

  /** @param {string} full */
  #showCode(full) {
    const { code } = parseCode(full);
    this.#current.code = code;
    $("code").textContent = code;
    $("wait-host").textContent = location.host;
    $("wait-command").textContent = `tallow receive ${code}@${location.host}`;
    $("qr").replaceChildren(qrCode(linkOf(code), "The link as a QR code"));
    announce(`The code is ${code}`);
  }
}
