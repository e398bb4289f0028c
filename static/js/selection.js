// The selected rows of a list, their number, and the bar with what can be done with them.
const bar = document.getElementById("selected");
const announcement = document.getElementById("announcement");
const boxes = () => [...document.querySelectorAll(`#list [type=checkbox][form=selected]`)];

// Which of the chosen images a share would leave out, before anybody presses the button.
function tellWhatCannotBeShared(chosen) {
  const why = document.getElementById("selected-why");
  const rows = chosen.map((box) => box.closest("tr"));
  const refused = rows.filter((row) => row.querySelector(".acts > [id^=share-][aria-disabled]"));
  const names = refused.map((row) => row.querySelector(".c-name .top a").textContent).join(", ");
  why.hidden = !refused.length;
  const facts = [rows.length - refused.length, rows.length, names];
  why.textContent = why.title = refused.length ? why.dataset.told.replace(/{(\d)}/g, (_, place) => facts[place]) : "";
}

function show() {
  if (!bar) return "";
  const chosen = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("tr").classList.toggle("picked", box.checked);
  const all = document.getElementById("select-all");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes().length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  bar.classList.toggle("shown", chosen.length > 0);
  const told = bar.querySelector(".selected-count");
  const text = told.dataset.told.replace("{}", chosen.length);
  told.textContent = chosen.length ? text : "";
  tellWhatCannotBeShared(chosen);
  const number = document.querySelector("#count .selected-number");
  if (number) {
    number.hidden = !chosen.length;
    number.textContent = `${chosen.length}/`;
  }
  return chosen.length ? text : "";
}

document.addEventListener("change", ({ target }) => {
  if (target.id === "select-all") for (const box of boxes()) box.checked = target.checked;
  else if (target.getAttribute("form") !== "selected") return;
  // Told outside of the list: a live part of it would speak up each time that the list draws itself anew.
  announcement.textContent = show();
});
document.getElementById("clear-selection")?.addEventListener("click", () => {
  for (const box of boxes()) box.checked = false;
  show();
  document.getElementById("select-all")?.focus();
});
document.addEventListener("list:drawn", show);
show();
