// Saving: the browser reads a Blob from its own storage, so nothing is held in
// memory.

/**
 * Asks for a folder to save into, where the browser lets a page do that.
 * @returns {Promise<FileSystemDirectoryHandle | null>}
 */
export async function pickFolder() {
  try {
    return await /** @type {any} */ (window).showDirectoryPicker({ mode: "readwrite" });
  } catch {
    return null; // the person picked none
  }
}

/** Whether the browser lets a page save into a folder. */
export const canPickFolder = "showDirectoryPicker" in window;

/**
 * Saves a Blob under a name, as a download.
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.hidden = true;
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 3_600_000); // a large one takes its time
}
