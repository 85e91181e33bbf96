// What a person picked, dropped or pasted.

/**
 * A file with its path, or a folder if there is no file.
 * @typedef {{path: string, file?: File}} Item
 */

/**
 * The items of an input of files or of a folder.
 * @param {FileList | null} list
 * @returns {Item[]}
 */
export function fromInput(list) {
  return Array.from(list ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * The items of a drop or of the clipboard: files, and whole folders, also empty
 * ones.
 * @param {DataTransfer} data
 * @returns {Promise<Item[]>}
 */
export async function fromTransfer(data) {
  // The list is empty after the first await, so everything is taken out of it first.
  const roots = Array.from(data.items).filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  /** @type {Item[]} */
  const all = [];
  for (const { entry, file } of roots) {
    if (entry) await walk(entry, all);
    else if (file) all.push({ path: file.name, file });
  }
  return all;
}

/**
 * @param {FileSystemEntry} entry
 * @param {Item[]} all
 */
async function walk(entry, all) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise((done, failed) => /** @type {FileSystemFileEntry} */ (entry).file(done, failed));
    all.push({ path: path || file.name, file });
    return;
  }
  all.push({ path });
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)); // at most 100 at a time
    if (some.length === 0) return;
    for (const child of some) await walk(child, all);
  }
}

/** The items that will be sent, by their paths: what is picked again takes the place of the former. */
export class Picked {
  /** @type {Map<string, Item>} */
  #items = new Map();

  /** @param {Item[]} items */
  add(items) {
    for (const item of items) this.#items.set(item.path, item);
  }

  /** Removes a top-level name. @param {string} name */
  remove(name) {
    for (const path of this.#items.keys()) {
      if (path === name || path.startsWith(name + "/")) this.#items.delete(path);
    }
  }

  clear() {
    this.#items.clear();
  }

  get items() {
    return [...this.#items.values()];
  }

  /** The top-level names, each with the number and size of the files in it. */
  get tops() {
    /** @type {Map<string, {name: string, files: number, bytes: number, folder: boolean}>} */
    const tops = new Map();
    for (const { path, file } of this.#items.values()) {
      const name = path.split("/")[0];
      const top = tops.get(name) ?? { name, files: 0, bytes: 0, folder: false };
      if (file) {
        top.files++;
        top.bytes += file.size;
      }
      top.folder ||= !file || path.includes("/");
      tops.set(name, top);
    }
    return [...tops.values()];
  }
}
