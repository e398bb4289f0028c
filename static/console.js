// What HTML cannot do by itself: open the one dialog, give the focus back, draw anew what an act has changed, copy, and
// narrow a list as one types.
document.documentElement.classList.add("js");

const dialog = document.getElementById("dialog");
const dialogContent = document.getElementById("dialog-content");
const announcement = document.getElementById("announcement");
let openedBy = "";
// Whether a form in the dialog was sent since the page behind it was drawn, and how many are under way.
let changed = false;
let underWay = 0;

// A modal dialog makes the page behind it inert; this says so to readers that do not know that by themselves.
function coverPage(covered) {
  for (const part of document.querySelectorAll(".top-bar, .frame")) {
    part.inert = covered;
    if (covered) part.setAttribute("aria-hidden", "true");
    else part.removeAttribute("aria-hidden");
  }
}

// What of a list is chosen and open, and where in it the focus is, outlives that the list draws itself anew.
let keeps = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig, shouldSwap } = event.detail;
  keeps = !shouldSwap || target !== requestConfig.elt ? null : {
    chosen: [...target.querySelectorAll("input:checked")].map(({ id }) => id),
    open: [...target.querySelectorAll("details[open] > summary")].map(({ id }) => id),
    focus: target.contains(document.activeElement) ? document.activeElement.id : "",
  };
});

// How many rows are ticked stands beside what is done with them; the box above them ticks all, and shows if all are.
const rowBoxes = () => [...document.querySelectorAll(".table [type=checkbox][form=selected]")];
function showChosen() {
  const all = document.getElementById("select-all");
  if (!all) return "";
  const count = rowBoxes().filter((box) => box.checked).length;
  all.checked = count === rowBoxes().length;
  all.indeterminate = count > 0 && !all.checked;
  const told = document.querySelector(".selected-count");
  const text = told.dataset.told.replace("%(count)s", count);
  told.textContent = count ? text : "";
  return text;
}
showChosen();
document.addEventListener("change", ({ target }) => {
  if (target.id === "select-all") for (const box of rowBoxes()) box.checked = target.checked;
  else if (target.getAttribute("form") !== "selected") return;
  // Told outside of the list: a live part of it would speak up each time that the list draws itself anew.
  announcement.textContent = showChosen();
});

document.addEventListener("htmx:afterSwap", (event) => {
  for (const id of keeps?.chosen ?? []) if (document.getElementById(id)) document.getElementById(id).checked = true;
  for (const id of keeps?.open ?? []) document.getElementById(id)?.closest("details").toggleAttribute("open", true);
  showChosen();
  if (keeps?.focus) document.getElementById(keeps.focus)?.focus({ preventScroll: true });
  keeps = null;
  if (event.detail.target === dialogContent && !dialog.open) {
    openedBy = document.activeElement ? document.activeElement.id : "";
    dialog.showModal();
    coverPage(true);
    dialogContent.querySelector("[autofocus]")?.focus();
  }
});

// A form that is refused comes back with the focus where there is something to correct, not on its heading.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.xhr?.status !== 422) return;
  const form = dialog.open ? dialog : document;
  form.querySelector(".dialog-body :is(input, select, textarea):is(.is-invalid, [aria-invalid=true])")?.focus();
});

dialog.addEventListener("close", () => {
  dialogContent.replaceChildren();
  coverPage(false);
  // The list behind may have been drawn anew: the same control, another element. In a menu it is out of sight by now.
  const opener = document.getElementById(openedBy);
  (opener?.closest("details:not([open])")?.querySelector("summary") ?? opener)?.focus();
  drawAnew();
});

// The page behind the dialog shows what was done in it as soon as the dialog is closed and all is answered.
function drawAnew() {
  if (!changed || underWay || dialog.open) return;
  changed = false;
  const behind = document.querySelector("main [data-fresh]");
  if (behind) htmx.ajax("GET", location.pathname + location.search, { source: behind, target: behind, swap: "outerHTML" });
}
document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.requestConfig.verb === "get" || !dialog.open) return;
  changed = true;
  underWay += 1;
  event.detail.xhr.addEventListener("loadend", () => {
    underWay -= 1;
    // Once what it says has been taken up.
    setTimeout(drawAnew);
  });
});

// What was searched for stays in the links that lie beside the list.
document.addEventListener("htmx:pushedIntoHistory", ({ detail }) => {
  asked = new URLSearchParams(detail.path.split("?")[1]).toString();
  const here = location.pathname + location.search;
  document.getElementById("refresh")?.setAttribute("href", here);
  for (const next of document.querySelectorAll(".languages [name=next]")) next.value = here;
});

// The navigation of a narrow window scrolls; it begins with where one is, and the end of what is before it.
const place = document.querySelector(".side-nav [aria-current]");
if (place) place.closest("nav").scrollLeft = place.offsetLeft - 48;

// What the list on the page was last asked for, so that Enter, and to leave the field, do not ask for what typing has
// asked for already. A page further on in the list is another thing than what the fields say.
const filters = document.getElementById("filters");
const queryOf = (form) => new URLSearchParams(new FormData(form)).toString();
let asked = "";
if (filters && !/[?&](cursor|by_me)=/.test(location.search)) {
  // As they were drawn: a browser may have filled in what stood there on an earlier visit.
  const drawn = filters.cloneNode(true);
  drawn.reset();
  asked = queryOf(drawn);
}
function isNew({ elt }) {
  if (elt !== filters) return true;
  const query = queryOf(filters);
  if (query === asked) return false;
  asked = query;
  return true;
}
for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failed, ({ detail }) => { if (detail.elt === filters) asked = ""; });
}

// Nothing moves under a pressed pointer: a field that is left by pressing on the next control asks for its answer at
// once, and an answer that came before the pointer is lifted would push that control away from under the click.
let pressed = false;
const held = [];
document.addEventListener("pointerdown", () => { pressed = true; }, true);
for (const lifted of ["pointerup", "pointercancel"]) {
  document.addEventListener(lifted, () => setTimeout(() => {
    pressed = false;
    for (const request of held.splice(0)) if (isNew(request)) request.issueRequest();
  }), true);
}
document.addEventListener("click", () => { pressed = false; }, true);
document.addEventListener("htmx:confirm", (event) => {
  if (pressed) held.push(event.detail);
  if (pressed || !isNew(event.detail)) event.preventDefault();
});

async function copy(copier) {
  try {
    await navigator.clipboard.writeText(copier.dataset.copy);
  } catch {
    // Plain http has no clipboard, and a browser may refuse it: the way before there was one.
    const field = document.createElement("textarea");
    field.className = "visually-hidden";
    field.value = copier.dataset.copy;
    // Beside the button: what lies behind an open dialog cannot be selected.
    copier.after(field);
    field.select();
    const copied = document.execCommand("copy");
    copier.focus();
    field.remove();
    if (!copied) return;
  }
  announcement.textContent = announcement.dataset.copied;
  copier.classList.add("copied");
  setTimeout(() => { copier.classList.remove("copied"); announcement.textContent = ""; }, 2000);
}

const panel = document.querySelector(".user-panel");
document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer && dialog.contains(closer)) {
    event.preventDefault();
    dialog.close();
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  if (event.target.closest(".avatar")) panel.classList.remove("dismissed");
  const disclosure = event.target.closest(".disclosure");
  if (disclosure) {
    const expanded = disclosure.getAttribute("aria-expanded") === "true";
    disclosure.setAttribute("aria-expanded", String(!expanded));
    document.getElementById(disclosure.getAttribute("aria-controls")).hidden = expanded;
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  // Closed already, it would stay closed the next time, too.
  if (!panel?.matches(":hover, :focus-within")) return;
  panel.classList.add("dismissed");
  if (panel.contains(document.activeElement)) panel.querySelector(".avatar").focus();
});
for (const left of ["pointerleave", "focusout"]) {
  panel?.addEventListener(left, (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.classList.remove("dismissed");
  });
}

// Who opens the region selector may type at once. The event does not bubble.
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.(".region-selector[open]")) target.querySelector("[type=search]").focus();
}, true);

document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.filters);
  if (!list) return;
  const wanted = event.target.value.replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, "").toLowerCase();
  for (const row of list.children) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
