// What the console is asked for and does not answer leaves the page as it is. One alert says so, and polling goes on.
const notice = document.getElementById("no-answer");
const dialog = document.getElementById("dialog");
let failedPath = "";

// A list that asks every few seconds says the same each time: it is spoken once.
function tell(path, ...nodes) {
  failedPath = path;
  const text = nodes.map((node) => node.textContent ?? node).join("");
  if (notice.textContent !== text) notice.replaceChildren(...nodes);
  notice.hidden = false;
}

// The console's own error is a fragment with a title, a sentence and perhaps links; of anything else nothing is shown.
function explanation(text) {
  if (isPage(text) || !text.includes('class="problem"')) return [notice.dataset.strange];
  const problem = new DOMParser().parseFromString(text, "text/html").querySelector(".problem");
  const title = document.createElement("strong");
  title.textContent = problem.querySelector("h1").textContent;
  return [title, " ", problem.querySelector("p").textContent, ...problem.querySelectorAll("ul")];
}

const isPage = (text) => /^\s*<(!doctype|html)\b/i.test(text);

// A proxy's page comes with any status.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr } = detail;
  if (!detail.shouldSwap) return;
  if (isPage(xhr.responseText) || !(xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/html")) {
    detail.shouldSwap = false;
    detail.isError = true;
  }
}, true);

document.addEventListener("htmx:responseError", ({ detail }) => {
  tell(detail.requestConfig.path, ...explanation(detail.xhr.responseText));
});
for (const failed of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failed, ({ detail }) => tell(detail.requestConfig.path, notice.dataset.silent));
}

// It stays until what failed has succeeded, or until the person has got an answer to something else.
document.addEventListener("htmx:afterSwap", ({ detail: { requestConfig } }) => {
  if (requestConfig.triggeringEvent || requestConfig.path === failedPath) notice.hidden = true;
});

// What lies outside of an open dialog lies behind it.
new MutationObserver(() => {
  if (!dialog.open) notice.hidden = true;
  (dialog.open ? dialog : document.body).append(notice);
}).observe(dialog, { attributeFilter: ["open"] });
