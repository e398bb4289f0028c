// What every page does: messages can be dismissed, a wait of more than 0.3 s shows.
document.addEventListener("click", ({ target }) => {
  const dismiss = target.closest("[data-dismiss]");
  dismiss?.closest("[data-dismissible]").remove();
});

// Rows are dimmed, and a button shows that it is at work.
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const isPoll = detail.requestConfig.triggeringEvent === undefined && detail.elt.matches("[hx-trigger^=every]");
  if (isPoll) return;
  const part = detail.target.closest("#list, #dialog-content") ?? detail.elt;
  const timer = setTimeout(() => part.setAttribute("aria-busy", "true"), 300);
  detail.xhr.addEventListener("loadend", () => {
    clearTimeout(timer);
    part.removeAttribute("aria-busy");
  });
});
