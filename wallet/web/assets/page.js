// Small helps; everything can be read and sent without them. Nothing is written into the page but text.
"use strict";

(() => {
  const each = (selector, run) => document.querySelectorAll(selector).forEach(run);

  // Copying a text, and filling a field from a chip.
  each("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    const name = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.textContent = button.dataset.copied;
        setTimeout(() => { button.textContent = name; }, 2000);
      } catch {
        // The text is there to be marked.
      }
    });
  });
  each("[data-fill]", (button) => {
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.fill);
      field.value = button.dataset.value;
      field.focus();
    });
  });
  each("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  // A form is sent once, and says so.
  each("form[method=post]", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      form.setAttribute("aria-busy", "true");
    });
  });
  window.addEventListener("pageshow", () => each("form[data-sent]", (form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }));

  // What went wrong gets the focus.
  const wrong = document.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();

  // How far the wallet has read; and the page again when something changed, unless somebody is in the middle of it.
  const sync = document.getElementById("sync");
  if (!sync) return;
  const text = document.getElementById("sync-text");
  const bar = document.getElementById("sync-progress");
  const busy = () => {
    const active = document.activeElement;
    return Boolean(active && active.matches("input, textarea, select, summary")) || window.getSelection().toString() !== "";
  };
  const look = async () => {
    let wait = 3000;
    try {
      const answer = await fetch(sync.dataset.status, { cache: "no-store", credentials: "same-origin" });
      const status = answer.ok ? await answer.json() : { open: false };
      if (!status.open) {
        window.location.assign("/unlock");
        return;
      }
      if (text.textContent !== status.text) text.textContent = status.text;
      sync.classList.toggle("busy", !status.done);
      if (bar) {
        bar.max = Math.max(status.tip, 1);
        bar.value = status.height;
        bar.hidden = status.done;
      }
      if (status.done && status.mark !== sync.dataset.mark && document.querySelector("[data-reload]") && !busy()) {
        window.location.reload();
        return;
      }
      wait = status.done ? 3000 : 1000;
    } catch {
      // The wallet was stopped, or is busy: look again later.
      wait = 10000;
    }
    setTimeout(look, wait);
  };
  setTimeout(look, 1500);
})();
