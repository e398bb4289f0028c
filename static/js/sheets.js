// What a narrow window puts away until it is asked for: the navigation, the filters of a list, the accounts that have an image.
const navigation = document.getElementById("navigation");
const opener = document.getElementById("open-navigation");
const main = document.getElementById("main");

function showNavigation(open) {
  document.documentElement.classList.toggle("navigation-open", open);
  opener.setAttribute("aria-expanded", String(open));
  // What lies under the drawer cannot be reached.
  main.inert = open;
}
opener?.addEventListener("click", () => {
  showNavigation(!main.inert);
  if (main.inert) (navigation.querySelector("[aria-current]") ?? navigation.querySelector("a")).focus();
});

const filters = () => document.querySelector(".sheet-menu[open]");
document.addEventListener("click", ({ target }) => {
  if (opener && main.inert && !target.closest("#navigation, #open-navigation")) showNavigation(false);
  const sheet = filters();
  if (sheet && !target.closest("#filters-sheet, .sheet-menu")) sheet.open = false;
});
document.addEventListener("submit", ({ target }) => {
  const sheet = target.querySelector(".sheet-menu[open]");
  if (!sheet) return;
  sheet.open = false;
  sheet.querySelector("summary").focus();
});
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.(".sheet-menu[open]")) document.querySelector("#filters-sheet select").focus();
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (opener && main.inert && !document.getElementById("dialog").open) {
    showNavigation(false);
    opener.focus();
  }
  const sheet = filters();
  if (!sheet) return;
  sheet.open = false;
  sheet.querySelector("summary").focus();
});
matchMedia("(min-width: 1312px)").addEventListener("change", ({ matches }) => { if (matches && opener) showNavigation(false); });

// A wide window has room for the accounts that have an image, so there they are always shown.
const isWide = matchMedia("(min-width: 768px)");
document.addEventListener("click", ({ target }) => {
  const disclosure = target.closest(".disclosure");
  if (!disclosure) return;
  const shown = document.getElementById(disclosure.getAttribute("aria-controls"));
  const isOpen = isWide.matches || shown.hasAttribute("data-collapsed");
  disclosure.setAttribute("aria-expanded", String(isOpen));
  shown.toggleAttribute("data-collapsed", !isOpen);
});
function openDisclosures() {
  if (isWide.matches) for (const disclosure of document.querySelectorAll(".disclosure")) disclosure.setAttribute("aria-expanded", "true");
}
document.addEventListener("htmx:afterSwap", openDisclosures);
openDisclosures();
