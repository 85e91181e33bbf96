// While a transfer runs, the device stays awake, and closing the tab is asked about.

/** @type {WakeLockSentinel | null} */
let lock = null;
let running = false;

async function wake() {
  if (!running || document.visibilityState !== "visible" || lock) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.onrelease = () => (lock = null);
  } catch {
    // A browser need not have one.
  }
}

document.addEventListener("visibilitychange", wake);
addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});

/**
 * Says whether a transfer runs.
 * @param {boolean} now
 */
export function stay(now) {
  running = now;
  if (now) void wake();
  else void lock?.release();
}
