// Placeholder
/** @param {import("./port.js").Port} port */
export function serveConnections(port) { void port; }
