// Lists: ask for a search once, keep what is selected, open and focused when the list draws itself anew.
const filters = document.getElementById("filters");
// The size of a page belongs to the form too, and is gone where nothing is found: it does not make a search a new one.
function queryOf(data) {
  const query = new URLSearchParams(data);
  query.delete("size");
  return query.toString();
}
let asked = "";
if (filters && !/[?&](cursor|by_me)=/.test(location.search)) {
  // As the fields were drawn: a browser may have filled in what stood there on an earlier visit.
  const drawn = filters.cloneNode(true);
  drawn.reset();
  asked = queryOf(new FormData(drawn));
}

// Typing has asked for the list already, so Enter and leaving the field do not ask once more.
function isNew({ elt }) {
  if (elt !== filters) return true;
  const query = queryOf(new FormData(filters));
  if (query === asked) return false;
  asked = query;
  return true;
}
for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failed, ({ detail }) => { if (detail.elt === filters) asked = ""; });
}

// Nothing moves under a pressed pointer: an answer that came before the pointer is lifted would push the control away.
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

// A list that draws itself anew keeps what is selected, open and focused.
let keeps = null;
document.addEventListener("htmx:beforeSwap", ({ detail: { target, shouldSwap } }) => {
  keeps = !shouldSwap || target.id !== "list" && !target.hasAttribute("data-fresh") ? null : {
    chosen: [...target.querySelectorAll("input:checked")].map(({ id }) => id),
    open: [...target.querySelectorAll("details[open] > summary")].map(({ id }) => id),
    focus: target.contains(document.activeElement) ? document.activeElement.id || target.id : "",
    part: target.id,
  };
});
document.addEventListener("htmx:afterSwap", () => {
  if (!keeps) return;
  for (const id of keeps.chosen) if (document.getElementById(id)) document.getElementById(id).checked = true;
  for (const id of keeps.open) document.getElementById(id)?.closest("details").toggleAttribute("open", true);
  // The last page has no Next any more: the focus goes to the list, not to the body.
  if (keeps.focus) (document.getElementById(keeps.focus) ?? document.getElementById(keeps.part))?.focus({ preventScroll: true });
  keeps = null;
  document.dispatchEvent(new CustomEvent("list:drawn"));
});

// The search stays in the links and forms that lie beside the list.
document.addEventListener("htmx:pushedIntoHistory", ({ detail }) => {
  asked = queryOf(detail.path.split("?")[1]);
  const here = location.pathname + location.search;
  for (const part of document.querySelectorAll("[data-here]")) {
    if (part.matches("a")) part.href = here;
    else part.value = here;
  }
  // The list may have been sorted or freed of a filter by a link: the fields say the same.
  const query = new URLSearchParams(location.search);
  for (const field of filters?.querySelectorAll("[name]") ?? []) {
    if (field === document.activeElement) continue;
    field.value = query.get(field.name) ?? "";
    if (field.selectedIndex < 0) field.selectedIndex = 0;
  }
});

// The size of a page is chosen below the list, outside of the form that it belongs to.
document.addEventListener("change", ({ target }) => {
  if (!filters || target.form !== filters || filters.contains(target)) return;
  asked = "";
  filters.requestSubmit();
});

// A field narrows the rows that it names, as one types.
document.addEventListener("input", ({ target }) => {
  const rows = document.getElementById(target.dataset.filters);
  if (!rows) return;
  const wanted = target.value.replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, "").toLowerCase();
  for (const row of rows.children) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
