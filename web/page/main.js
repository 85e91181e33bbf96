// The page: it joins the parts, and begins with what a link, a reload or another
// program asks for.

import { showMissing, warn } from "./capabilities.js";
import { isStoredLink, takeFragment } from "./code.js";
import { Current } from "./current.js";
import { $, show } from "./dom.js";
import { Ending } from "./ending.js";
import { printable } from "./format.js";
import { showKept } from "./kept.js";
import { showMeeting } from "./meeting.js";
import { servePaste } from "./paste.js";
import { serveConnections } from "./peer.js";
import { Port } from "./port.js";
import { Progress } from "./progress.js";
import { ReceiveForm } from "./receive.js";
import { serveSaving } from "./save.js";
import { SendForm } from "./send.js";
import { keepPage, takeShared } from "./shared.js";
import { Storing } from "./storing.js";
import { serveUnlocking } from "./unlock.js";
import { serveUploads } from "./uploads.js";

const port = new Port();
const current = new Current(port);
const storing = new Storing(port, current);
const send = new SendForm(port, current, storing);
const receive = new ReceiveForm(port, current);
showKept(port);
servePaste(send, receive);
serveConnections(port);
serveUploads(port);
showMeeting(port, current, new Progress(port));
serveUnlocking(port);
serveSaving(port, current);
new Ending(port, current, send, receive, storing);
for (const b of document.querySelectorAll(".cancel")) /** @type {HTMLElement} */ (b).onclick = () => port.do("cancel");

port.on("ready", (m) => {
  $("about-version").textContent = m.version;
  document.documentElement.dataset.ready = "yes";
  void keepPage();
  port.do("list");
  storing.ask();
});
port.on("stopped", (m) => {
  current.end();
  warn(`The program of this page has stopped: ${printable(m.detail)}. Reload the page; what has arrived is kept.`);
  show("home");
});

/**
 * Fills in the code of a link, or goes on with the one that a reload interrupted.
 * A link waits for the person: scanners of mail open links too, and the first
 * attempt uses a code up. What is stored is shown at once: to look at it uses nothing
 * up.
 */
function start() {
  const shared = takeFragment();
  if (isStoredLink(shared)) {
    receive.start(shared);
    return;
  }
  if (shared) {
    show("home");
    receive.fill(shared, "The code of the link is filled in. Press Receive.");
    return;
  }
  if (location.search === "?shared") {
    history.replaceState(null, "", "/");
    void fillShared();
    return;
  }
  const code = Current.interrupted();
  if (code) receive.start(code);
}

/** Fills in what another program of the device has shared. */
async function fillShared() {
  const { items, text } = await takeShared();
  show("home");
  send.fill(items, text);
}

addEventListener("hashchange", () => {
  if (!current.running) start();
  else takeFragment();
});
showMissing();
$("about-host").textContent = location.host;
start();
