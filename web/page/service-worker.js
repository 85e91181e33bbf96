// The service worker: it keeps the page, so that an installed one opens without a
// network and at once, and takes what other programs of the device share with it.
// It is served as /service-worker.js. Everything of one version is kept together
// under its name; the relay's newest page always comes first, so that an old one
// is never mixed with a new relay.

const base = "{{assets}}";
const files = "{{files}}".split(" ");
const kept = `page ${base}`;
const inbox = "shared"; // what was shared and is not picked up yet; shared.js takes it
const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(keep()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(forgetOthers()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== location.origin) return;
  if (event.request.method === "POST" && pathname === "/share") event.respondWith(take(event.request));
  if (event.request.method !== "GET") return;
  if (pathname === "/" || pathname === "/room/" || pathname.startsWith("/d/")) event.respondWith(newest(event.request));
  else if (pathname.startsWith(base + "/")) event.respondWith(ours(event.request));
});

/** Keeps the page and all of its files, or nothing. */
async function keep() {
  const page = await fetch("/", { cache: "no-cache" });
  if (!page.ok || !(await page.clone().text()).includes(base)) throw new Error("the relay has another version by now");
  const cache = await caches.open(kept);
  await cache.addAll(files);
  await cache.put("/", page);
  await worker.skipWaiting();
}

/** Removes what is kept of other versions. */
async function forgetOthers() {
  for (const name of await caches.keys()) {
    if (name !== kept && name !== inbox) await caches.delete(name);
  }
  await worker.clients.claim();
}

/**
 * The page as the relay has it, or without a network the one that is kept.
 * @param {Request} request
 */
async function newest(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match("/", { cacheName: kept });
    if (page) return page;
    throw error;
  }
}

/**
 * A file of this version.
 * @param {Request} request
 */
async function ours(request) {
  return (await caches.match(request, { cacheName: kept, ignoreVary: true })) ?? fetch(request);
}

/**
 * Takes what is shared, so that nothing of it reaches the relay, and opens the page
 * with it.
 * @param {Request} request
 */
async function take(request) {
  const form = await request.formData();
  await caches.delete(inbox);
  const cache = await caches.open(inbox);
  for (const [i, file] of form.getAll("files").entries()) {
    if (typeof file === "string") continue;
    await cache.put(`/shared/${i}`, new Response(file, { headers: { "X-Name": encodeURIComponent(file.name) } }));
  }
  const text = ["title", "text", "url"].map((name) => form.get(name)).filter((part) => typeof part === "string" && part !== "").join("\n");
  await cache.put("/shared/text", new Response(text));
  return Response.redirect("/?shared", 303);
}
