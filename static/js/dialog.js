// The one dialog: open it when htmx has filled it, keep the focus in it, give the focus back when it closes.
const dialog = document.getElementById("dialog");
const content = document.getElementById("dialog-content");
let openedBy = "";
// Whether a form in the dialog was sent since the page behind it was drawn, and how many are under way.
let changed = false;
let underWay = 0;
const sentFromDialog = new WeakSet();

// A modal dialog makes the page behind it inert; this says so to readers that do not know that by themselves.
function coverPage(covered) {
  for (const part of document.querySelectorAll(".bar, .shell")) {
    part.inert = covered;
    if (covered) part.setAttribute("aria-hidden", "true");
    else part.removeAttribute("aria-hidden");
  }
}

// Whoever closes the dialog while it works does not want it back: the page behind it shows what was done.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (sentFromDialog.has(detail.xhr) && !dialog.open) detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== content) return;
  if (!dialog.open) {
    openedBy = document.activeElement?.id ?? "";
    dialog.showModal();
    coverPage(true);
  }
});

// Once htmx has looked for [autofocus] itself.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target !== content || !dialog.open) return;
  // A form with one field begins in it; every other dialog begins at its title.
  const fields = content.querySelectorAll(".body :is(input:not([type=hidden], [type=checkbox]), select, textarea)");
  (fields.length === 1 ? fields[0] : content.querySelector("[autofocus]"))?.focus();
});

// A form that is refused comes back with the focus where there is something to correct.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.xhr?.status !== 422) return;
  const form = dialog.open ? dialog : document;
  form.querySelector("[aria-invalid=true]")?.focus();
});

dialog.addEventListener("close", () => {
  content.replaceChildren();
  coverPage(false);
  // The list behind may be drawn anew: the same control, another element. In a menu it is out of sight by now.
  const opener = document.getElementById(openedBy);
  const visible = opener?.closest("details:not([open])")?.querySelector("summary") ?? opener;
  (visible ?? document.getElementById("list") ?? document.getElementById("main"))?.focus({ preventScroll: true });
  drawAnew();
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (!closer || !dialog.contains(closer)) return;
  event.preventDefault();
  dialog.close();
});

// The page behind the dialog shows what was done in it as soon as the dialog is closed and all is answered.
function drawAnew() {
  if (!changed || underWay || dialog.open) return;
  changed = false;
  const behind = document.querySelector("main [data-fresh]");
  if (!behind) return;
  const here = location.pathname + location.search;
  htmx.ajax("GET", here, { source: behind, target: behind, select: `#${behind.id}`, swap: "outerHTML" });
}
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.requestConfig.verb === "get" || !dialog.open) return;
  changed = true;
  underWay += 1;
  sentFromDialog.add(detail.xhr);
  detail.xhr.addEventListener("loadend", () => {
    underWay -= 1;
    // Once what it says has been taken up.
    setTimeout(drawAnew);
  });
});
