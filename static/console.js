// What HTML cannot do by itself: open the one dialog, give the focus back, copy, and narrow a list as one types.
document.documentElement.classList.add("js");

const dialog = document.getElementById("dialog");
const dialogContent = document.getElementById("dialog-content");
const announcement = document.getElementById("announcement");
const noAnswer = document.getElementById("no-answer");
let openedBy = "";

// A modal dialog makes the page behind it inert; this says so to readers that do not know that by themselves.
function coverPage(covered) {
  for (const part of document.querySelectorAll(".top-bar, .frame")) {
    part.inert = covered;
    if (covered) part.setAttribute("aria-hidden", "true");
    else part.removeAttribute("aria-hidden");
  }
}

document.addEventListener("htmx:afterSwap", (event) => {
  noAnswer.hidden = true;
  if (event.detail.target === dialogContent && !dialog.open) {
    openedBy = document.activeElement ? document.activeElement.id : "";
    dialog.showModal();
    coverPage(true);
    dialogContent.querySelector("[autofocus]")?.focus();
  }
});

dialog.addEventListener("close", () => {
  dialogContent.replaceChildren();
  coverPage(false);
  // The list behind may have been drawn anew: the same control, another element.
  document.getElementById(openedBy)?.focus();
});

// Nothing moves under a pressed pointer: a field that is left by pressing on the next control asks for its answer at
// once, and an answer that came before the pointer is lifted would push that control away from under the click.
let pressed = false;
const held = [];
document.addEventListener("pointerdown", () => { pressed = true; }, true);
for (const lifted of ["pointerup", "pointercancel"]) {
  document.addEventListener(lifted, () => setTimeout(() => {
    pressed = false;
    for (const request of held.splice(0)) request.issueRequest();
  }), true);
}
document.addEventListener("click", () => { pressed = false; }, true);
document.addEventListener("htmx:confirm", (event) => {
  if (!pressed) return;
  event.preventDefault();
  held.push(event.detail);
});

document.addEventListener("htmx:sendError", () => { noAnswer.hidden = false; });

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer && dialog.contains(closer)) {
    event.preventDefault();
    dialog.close();
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) {
    navigator.clipboard.writeText(copier.dataset.copy).then(() => {
      announcement.textContent = announcement.dataset.copied;
      copier.classList.add("copied");
      setTimeout(() => { copier.classList.remove("copied"); announcement.textContent = ""; }, 2000);
    });
  }
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
});

document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.filters);
  if (!list) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of list.children) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
