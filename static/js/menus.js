// Menus: one is open at a time, Escape and a press outside close it, arrow keys walk through it.
const openMenus = () => [...document.querySelectorAll("details.menu[open]")];
const entries = (menu) => [...menu.querySelectorAll(".pop :is(a, button)")].filter((entry) => entry.offsetParent);

document.addEventListener("click", ({ target }) => {
  for (const menu of openMenus()) if (!menu.contains(target) || target.closest(".pop > a")) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu, .user-panel");
  if (event.key === "Escape") {
    for (const open of openMenus()) {
      open.open = false;
      open.querySelector("summary").focus();
      event.preventDefault();
    }
    return;
  }
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (menu.matches("details:not([open]), :not(details, :has(:popover-open))")) {
    if (event.key !== "ArrowDown") return;
    if (menu.matches("details")) menu.open = true;
    else menu.querySelector("[popover]").showPopover();
  }
  event.preventDefault();
  const all = entries(menu);
  const here = all.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here < 0 ? all.length - 1 : here - 1, Home: 0, End: all.length - 1 }[event.key];
  all[(next + all.length) % all.length]?.focus();
});

// Who opens the region selector may type at once, and Enter takes the first region that is left.
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.(".regions[open]")) target.querySelector("[type=search]").focus();
}, true);
document.getElementById("region-search")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const first = [...document.querySelectorAll("#region-list li:not([hidden]) a")][0];
  if (event.target.value.trim()) first?.click();
});
