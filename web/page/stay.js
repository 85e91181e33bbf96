// While a transfer runs, the device stays awake, and closing the tab is asked about.

/** @type {WakeLockSentinel | null} */
let lock = null;
let asking = false; // for a lock
let running = false;

async function wake() {
  if (!running || document.visibilityState !== "visible" || lock || asking) return;
  asking = true;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.onrelease = () => (lock = null); // the browser takes it from a hidden tab
  } catch {
    // A browser need not have one.
  }
  asking = false;
  if (!running) void lock?.release(); // the transfer has ended meanwhile
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
