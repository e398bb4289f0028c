// What every page does: messages can be dismissed, a wait of more than 0.3 s shows.
document.addEventListener("click", ({ target }) => {
  const message = target.closest("[data-dismiss]")?.closest("[data-dismissible]");
  if (!message) return;
  const messages = message.parentElement;
  message.remove();
  // The focus goes on to the next message, or to the title of the dialog or the page.
  const title = document.querySelector("dialog[open] #dialog-title");
  (messages.querySelector("[data-dismiss]") ?? title ?? document.getElementById("main")).focus();
});

// A page begins where there is something to correct, or in its one field.
const wrong = document.querySelector("main [aria-invalid=true]");
const fields = document.querySelectorAll("main form[method=post] :is(input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea)");
if (wrong) wrong.focus();
else if (fields.length === 1 && !document.querySelector(".messages")) fields[0].focus();

// Nobody looks at a page in the background, so it asks for nothing by itself.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[hx-trigger^=every]")) event.preventDefault();
});

// Rows are dimmed, and a button shows that it is at work.
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const isPoll = detail.requestConfig.triggeringEvent === undefined && detail.elt.matches("[hx-trigger^=every]");
  if (isPoll) return;
  // What is shown: a dialog that is still to open is not.
  const shown = detail.target.closest("#list, [data-fresh], dialog[open] #dialog-content");
  const part = shown ?? detail.elt;
  const timer = setTimeout(() => part.setAttribute("aria-busy", "true"), 300);
  detail.xhr.addEventListener("loadend", () => {
    clearTimeout(timer);
    part.removeAttribute("aria-busy");
  });
});
