// The page: it leads from one screen to the next, by what the person does and what
// the program tells.

import { linkOf, parseCode, takeFragment } from "./code.js";
import { $, announce, copy, line, button, show, shown } from "./dom.js";
import { bytes, count, duration, printable } from "./format.js";
import { showKept } from "./kept.js";
import { serveConnections } from "./peer.js";
import { Picked, fromInput, fromTransfer } from "./picked.js";
import { Port } from "./port.js";
import { Progress, titleOf } from "./progress.js";
import { qrCode } from "./qr.js";
import { canPickFolder, download, pickFolder } from "./save.js";
import { keepPage, takeShared } from "./shared.js";
import { stay } from "./stay.js";
import { waits, wordsOf } from "./words.js";

/** @typedef {import("./port.js").Message} Message */

const port = new Port();
const progress = new Progress(port);
const picked = new Picked();
showKept(port);
serveConnections(port);

/** What runs or ran last. */
const now = { sending: false, code: "", kept: "", running: false, text: false, skipped: /** @type {Message[]} */ ([]) };

/** The password of a closed relay, for as long as the page is open. */
let password = "";

/** Where a code is remembered while it is received, so that a reload goes on. */
const remembered = "receiving";

const sendForm = /** @type {HTMLFormElement} */ ($("send-form"));
const receiveForm = /** @type {HTMLFormElement} */ ($("receive-form"));
const codeInput = /** @type {HTMLInputElement} */ ($("code-input"));
const textInput = /** @type {HTMLTextAreaElement} */ ($("text-input"));

// Sending.

function showPicked() {
  $("picked").replaceChildren(...picked.tops.map((top) =>
    line(printable(top.name), top.folder ? `${count(top.files, "file", "files")}, ${bytes(top.bytes)}` : bytes(top.bytes),
      button("Remove", `Remove ${printable(top.name)}`, () => {
        picked.remove(top.name);
        showPicked();
      }))));
  const any = picked.items.length > 0;
  textInput.disabled = any;
  textInput.placeholder = any ? "Remove the files to send a text" : "";
}

/** @param {import("./picked.js").Item[]} items */
function pick(items) {
  picked.add(items);
  showPicked();
  if (items.length) announce(`${count(picked.tops.length, "thing", "things")} will be sent.`);
}

for (const id of ["files", "folder"]) {
  const input = /** @type {HTMLInputElement} */ ($(`${id}-input`));
  $(`pick-${id}`).onclick = () => input.click();
  input.onchange = () => {
    pick(fromInput(input.files));
    input.value = "";
  };
}

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
  if (event.dataTransfer && shown() === "home") pick(await fromTransfer(event.dataTransfer));
});
document.addEventListener("paste", async (event) => {
  if (!event.clipboardData || shown() !== "home") return;
  const items = await fromTransfer(event.clipboardData);
  if (items.length) pick(items);
});

sendForm.onsubmit = (event) => {
  event.preventDefault();
  const items = picked.items;
  const text = items.length ? "" : textInput.value;
  if (!items.length && !text.trim()) {
    announce("Choose a file or a folder, or write a text.");
    $("pick-files").focus();
    return;
  }
  send();
};

function send() {
  const items = picked.items;
  begin(true, "");
  port.do("send", { items, text: items.length ? "" : textInput.value, verify: checked("send-verify"), password });
  $("code").textContent = "…";
  $("wait-status").textContent = "";
  show("wait");
}

/** @param {string} id */
function checked(id) {
  return /** @type {HTMLInputElement} */ ($(id)).checked;
}

port.on("code", (m) => {
  now.code = parseCode(m.code).code;
  $("code").textContent = now.code;
  $("wait-host").textContent = location.host;
  $("wait-command").textContent = `tallow receive ${now.code}@${location.host}`;
  $("qr").replaceChildren(qrCode(linkOf(now.code), "The link as a QR code"));
  announce(`The code is ${now.code}`);
});
$("copy-code").onclick = () => copy($("copy-code"), now.code);
$("copy-link").onclick = () => copy($("copy-link"), linkOf(now.code));
$("share-link").hidden = !navigator.share;
$("share-link").onclick = () => navigator.share({ title: "tallow", url: linkOf(now.code) }).catch(() => {});

// Receiving.

codeInput.oninput = () => {
  $("code-problem").textContent = "";
  if (/[a-z]$/i.test(codeInput.value)) port.do("complete", { prefix: codeInput.value });
};
port.on("completions", (m) => {
  if (m.prefix !== codeInput.value) return;
  $("code-words").replaceChildren(...m.all.slice(0, 8).map((/** @type {string} */ text) => new Option(text, text)));
});

receiveForm.onsubmit = (event) => {
  event.preventDefault();
  const { code, host } = parseCode(codeInput.value);
  if (!code) {
    refuseCode("Type the code that the sender tells you.");
  } else if (host && host !== location.host) {
    refuseCode(`This code is for another relay. Open https://${host} and type it there.`);
  } else {
    receive(code);
  }
};

/** @param {string} why */
function refuseCode(why) {
  $("code-problem").textContent = why;
  codeInput.focus();
}

/** @param {string} code */
function receive(code) {
  begin(false, code);
  sessionStorage.setItem(remembered, code);
  port.do("receive", { code, verify: checked("receive-verify"), password });
  $("connect-status").textContent = "";
  show("connect");
}

port.on("offer", (m) => {
  now.text = m.text;
  const title = titleOf(m);
  if (now.sending) {
    progress.begin(`Sending ${title}`, m.known && m.files === 1);
    show("run");
    return;
  }
  progress.begin(`Receiving ${title}`, m.known && m.files === 1);
  $("offer-title").textContent = `Receive ${title}?`;
  $("offer-resume").hidden = !m.resuming;
  const names = m.names.map((/** @type {string} */ name) => line(printable(name), ""));
  $("offer-names").replaceChildren(...(m.text ? [] : names));
  show("offer");
});
for (const [id, yes] of /** @type {const} */ ([["offer-yes", true], ["offer-no", false], ["verify-yes", true], ["verify-no", false]])) {
  $(id).onclick = () => {
    port.do("answer", { yes });
    if (!yes) return;
    if (shown() === "offer") {
      show("run");
    } else {
      $("connect-title").textContent = "Waiting for the other person …";
      show("connect");
    }
  };
}

port.on("verify", (m) => {
  $("verify-words").textContent = m.words.join(" ");
  show("verify");
});

// Both.

/**
 * @param {boolean} sending
 * @param {string} code
 */
function begin(sending, code) {
  Object.assign(now, { sending, code, kept: "", running: true, text: false, skipped: [] });
  progress.reset();
  $("connect-title").textContent = "Looking for the sender …";
  $("save-status").textContent = "";
  stay(true);
}

port.on("wait", (m) => {
  $(now.sending ? "wait-status" : "connect-status").textContent = waits[m.reason] ?? "";
});
port.on("peer", () => {
  const text = now.sending ? "The receiver is here." : "The sender is here.";
  $(now.sending ? "wait-status" : "connect-status").textContent = text;
});
port.on("skip", (m) => {
  if (now.skipped.length < 100) now.skipped.push(m);
});
port.on("kept-as", (m) => (now.kept = m.name));
port.on("text", (m) => {
  /** @type {HTMLTextAreaElement} */ ($("done-text")).value = m.text;
  $("copy-text").onclick = () => copy($("copy-text"), m.text);
});

port.on("end", (m) => {
  now.running = false;
  stay(false);
  const failure = /** @type {import("./words.js").Failure | undefined} */ (m.error);
  if (!failure?.waiting && !failure?.kept) sessionStorage.removeItem(remembered);
  if (m.state === "completed") finished(m, failure);
  else failed(failure);
});

/**
 * @param {Message} m
 * @param {import("./words.js").Failure} [failure]
 */
function finished(m, failure) {
  sessionStorage.removeItem(remembered);
  const text = now.text && !now.sending;
  $("done-title").textContent = failure ? wordsOf(failure)[0] : now.sending ? "Sent." : text ? "A text has arrived." : "Received.";
  $("done-summary").textContent = text ? "" :
    `${count(m.files, "file", "files")}, ${bytes(m.bytes)}, in ${duration(m.seconds)}. ${now.sending ? "Everything is verified on the other device." : "Everything is verified."}`;
  $("done-text-block").hidden = $("copy-text").hidden = !text;
  $("save").hidden = now.kept === "";
  $("save-folder").hidden = now.kept === "" || !canPickFolder;
  $("done-skipped").hidden = now.skipped.length === 0;
  $("done-skipped").replaceChildren(...now.skipped.map((s) => line(printable(s.path), printable(s.reason))));
  show("done");
  if (now.kept && !(canPickFolder && m.files !== 1)) port.do("save", { name: now.kept }); // else there is a choice
}

/** @param {import("./words.js").Failure} [failure] */
function failed(failure) {
  const [text, hint] = failure ? wordsOf(failure) : ["The transfer ended.", ""];
  if (failure?.kind === "code" && failure.reason !== "code-word-count" && !now.sending && /^code-(?:word|empty|number|few|many|char|too)/.test(failure.reason)) {
    show("home"); // a code that cannot be one: nothing was tried
    refuseCode(`${text} ${hint}`);
    return;
  }
  $("failed-title").textContent = text;
  $("failed-hint").textContent = hint;
  $("retry").hidden = now.sending || !(failure?.waiting || failure?.kept || failure?.reason === "code-unknown" || failure?.reason === "code-word-count");
  $("password-form").hidden = failure?.reason !== "relay-password";
  show("failed");
  if (failure?.reason === "relay-password") $("password").focus();
}

/** @type {HTMLFormElement} */ ($("password-form")).onsubmit = (event) => {
  event.preventDefault();
  password = /** @type {HTMLInputElement} */ ($("password")).value;
  if (now.sending) send();
  else receive(now.code);
};

$("retry").onclick = () => receive(now.code);
for (const b of document.querySelectorAll(".cancel")) /** @type {HTMLElement} */ (b).onclick = () => port.do("cancel");
for (const b of document.querySelectorAll(".again")) /** @type {HTMLElement} */ (b).onclick = home;

function home() {
  picked.clear();
  showPicked();
  textInput.value = codeInput.value = "";
  port.do("list");
  show("home");
}

$("save").onclick = () => port.do("save", { name: now.kept });
port.on("save", (m) => {
  download(m.blob, m.title);
  $("save-status").textContent = `The browser saves ${printable(m.title)}.`;
  if (shown() === "home") port.do("list");
});
$("save-folder").onclick = async () => {
  const folder = await pickFolder();
  if (!folder) return;
  $("save-status").textContent = "Saving …";
  port.do("export", { name: now.kept, folder });
};
port.on("exported", (m) => {
  const left = m.skipped.length;
  $("save-status").textContent = `${count(m.files, "file is", "files are")} in the folder.${left ? ` ${count(left, "entry", "entries")} could not be saved there:` : ""}`;
  if (!left) return;
  $("done-skipped").hidden = false;
  $("done-skipped").append(...m.skipped.map((/** @type {Message} */ s) => line(printable(s.path), printable(s.reason))));
});
port.on("save-failed", () => {
  $("save-status").textContent = "It could not be saved: the browser does not let the page read it, or has deleted it because space was short.";
});

// The start.

port.on("ready", (m) => {
  $("about-version").textContent = m.version;
  document.documentElement.dataset.ready = "yes";
  void keepPage();
  port.do("list");
});
port.on("stopped", (m) => {
  now.running = false;
  stay(false);
  const notice = $("unfit");
  notice.textContent = `The program of this page has stopped: ${printable(m.detail)}. Reload the page; what has arrived is kept.`;
  notice.hidden = false;
  show("home");
});

/** What this browser lacks, as far as it matters. */
function missing() {
  if (!isSecureContext) return "This page did not come by HTTPS, so the browser lets it neither store files nor receive them. Open it by https://, or use tallow on the command line.";
  if (typeof WebAssembly !== "object") return "This browser has no WebAssembly, which this page needs. Use a newer browser, or tallow on the command line.";
  if (typeof FileSystemFileHandle !== "function") return "This browser cannot store what it receives. Use a newer browser, or tallow on the command line. Sending works.";
  return "";
}
$("unfit").textContent = missing();
$("unfit").hidden = missing() === "";
$("about-host").textContent = location.host;

/**
 * Fills in the code of a link, or goes on with the one that a reload interrupted.
 * A link waits for the person: scanners of mail open links too, and the first
 * attempt uses a code up.
 */
function start() {
  const shared = takeFragment();
  if (shared) {
    show("home");
    codeInput.value = shared;
    $("receive-start").focus();
    announce("The code of the link is filled in. Press Receive.");
    return;
  }
  if (location.search === "?shared") {
    history.replaceState(null, "", "/");
    void sendShared();
    return;
  }
  const code = sessionStorage.getItem(remembered);
  if (code) receive(code);
}

/** Fills in what another program of the device has shared. */
async function sendShared() {
  const { items, text } = await takeShared();
  show("home");
  pick(items);
  if (!items.length) textInput.value = text;
  $("send-start").focus();
}
addEventListener("hashchange", () => {
  if (!now.running) start();
  else takeFragment();
});
showPicked();
start();
