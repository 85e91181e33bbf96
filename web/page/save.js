// Saving: the browser reads a Blob from its own storage, so nothing is held in
// memory.

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
