// A page that the browser has kept whole in its back/forward cache shows what was true when it was left, to whoever sits there
// now. So it is covered when it is left, and loaded anew when it comes back.
addEventListener("pagehide", ({ persisted }) => { document.documentElement.hidden = persisted; });
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
