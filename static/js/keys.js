// Keyboard shortcuts: / goes to the search, r loads the list anew, ? opens the help.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  if (document.getElementById("dialog").open) return;
  const control = { "/": "id_q", r: "refresh", "?": "help" }[event.key];
  const found = control && document.getElementById(control);
  if (!found) return;
  event.preventDefault();
  if (event.key === "/") {
    found.focus();
    found.select();
  } else {
    found.click();
  }
});
