// What other programs of the device have shared with the installed page. The
// service worker keeps it until it is taken here.

/**
 * Takes everything that was shared.
 * @returns {Promise<{items: import("./picked.js").Item[], text: string}>}
 */
export async function takeShared() {
  const cache = await caches.open("shared");
  /** @type {import("./picked.js").Item[]} */
  const items = [];
  let text = "";
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    const name = response?.headers.get("X-Name");
    if (response && name) items.push({ path: decodeURIComponent(name), file: new File([await response.blob()], decodeURIComponent(name)) });
    else if (response) text = await response.text();
  }
  await caches.delete("shared");
  return { items, text };
}

/** Has the browser keep the page, once nothing else is to be loaded. */
export async function keepPage() {
  try {
    await navigator.serviceWorker?.register("/service-worker.js");
  } catch {
    // A browser that keeps nothing, as in a private window. The page works without.
  }
}
