// The summary beside a long form follows what is entered.
document.addEventListener("input", ({ target }) => {
  const form = target.closest("form.form");
  if (!form) return;
  for (const part of form.querySelectorAll("[data-follows]")) {
    // Of radio buttons this is the value of the chosen one.
    part.textContent = form.elements[part.dataset.follows]?.value || "–";
  }
});
