// Placeholder
/** @param {string} text @param {string} label */
export function qrCode(text, label) { void text; const s = document.createElement("span"); s.setAttribute("aria-label", label); return s; }
