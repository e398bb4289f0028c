// Buttons that copy an ID.
const announcement = document.getElementById("announcement");

async function copy(copier) {
  try {
    await navigator.clipboard.writeText(copier.dataset.copy);
  } catch {
    // Plain http has no clipboard, and a browser may refuse it: the way before there was one.
    const field = document.createElement("textarea");
    field.className = "sr";
    field.value = copier.dataset.copy;
    // Beside the button: what lies behind an open dialog cannot be selected.
    copier.after(field);
    field.select();
    const copied = document.execCommand("copy");
    copier.focus();
    field.remove();
    if (!copied) return;
  }
  announcement.textContent = announcement.dataset.copied;
  copier.classList.add("copied");
  setTimeout(() => { copier.classList.remove("copied"); announcement.textContent = ""; }, 2000);
}

document.addEventListener("click", ({ target }) => {
  const copier = target.closest("[data-copy]");
  if (copier) copy(copier);
});
