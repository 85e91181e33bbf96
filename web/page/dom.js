// Small helpers for the elements of the page.

/**
 * The element with an id, which is there.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function $(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`there is no #${id}`);
  return /** @type {T} */ (element);
}

/**
 * A line of a list: a name, what is said of it, and buttons.
 * @param {string} name
 * @param {string} said
 * @param {HTMLElement[]} buttons
 */
export function line(name, said, ...buttons) {
  const li = document.createElement("li");
  const [left, right] = [part("name", name), part("size", said)];
  const aside = document.createElement("span"); // stays together where the name needs the line
  aside.className = "aside";
  aside.append(right, ...buttons);
  li.append(left, aside);
  return li;
}

/**
 * A part of a line. Its text has its own direction; where it stands is the page's.
 * @param {string} kind
 * @param {string} text
 */
function part(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  const own = document.createElement("bdi");
  own.textContent = text;
  span.append(own);
  return span;
}

/**
 * A small button. The label is what a screen reader says.
 * @param {string} text
 * @param {string} label
 * @param {() => void} click
 */
export function button(text, label, click) {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "small";
  b.textContent = text;
  b.setAttribute("aria-label", label);
  b.onclick = click;
  return b;
}

const screens = ["home", "wait", "stored", "connect", "unlock", "words", "verify", "offer", "run", "done", "failed"];

/**
 * Shows one screen, and moves the focus to its title, so that a screen reader
 * reads it.
 * @param {string} name
 */
export function show(name) {
  for (const s of screens) $(s).hidden = s !== name;
  const title = $(`${name}-title`);
  document.title = name === "home" ? "tallow" : `${title.textContent} · tallow`;
  title.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** The screen that is shown. */
export function shown() {
  return screens.find((s) => !$(s).hidden) ?? "home";
}

/**
 * Copies a text, and says so on the button for a moment.
 * @param {HTMLElement} pressed
 * @param {string} text
 */
export async function copy(pressed, text) {
  const label = pressed.textContent;
  try {
    await navigator.clipboard.writeText(text);
    pressed.textContent = "Copied";
    announce("Copied.");
  } catch {
    pressed.textContent = "Select it and copy it by hand";
  }
  setTimeout(() => (pressed.textContent = label), 2000);
}

/** Whether a box is checked. @param {string} id */
export function checked(id) {
  return /** @type {HTMLInputElement} */ ($(id)).checked;
}

/**
 * Says something to a screen reader.
 * @param {string} text
 */
export function announce(text) {
  $("announcer").textContent = text;
}
