// Small helps on top of pages that work without them: reading aloud, and saying when a live stream has broken off.
(() => {
  "use strict";

  const speech = window.speechSynthesis;
  const idle = new Map();

  function quiet(button) {
    button.textContent = idle.get(button);
    button.setAttribute("aria-pressed", "false");
  }

  function read(button) {
    const speaking = button.getAttribute("aria-pressed") === "true";
    speech.cancel();
    document.querySelectorAll("[data-read][aria-pressed=true]").forEach(quiet);
    const text = document.getElementById(button.dataset.read)?.innerText;
    if (speaking || !text) return;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = document.documentElement.lang;
    utterance.rate = 0.9;
    utterance.onend = utterance.onerror = () => quiet(button);
    button.textContent = button.dataset.stop;
    button.setAttribute("aria-pressed", "true");
    speech.speak(utterance);
  }

  function offerReading() {
    if (!speech) return;
    document.querySelectorAll("[data-read]").forEach((button) => {
      idle.set(button, button.textContent);
      button.hidden = false;
      button.addEventListener("click", () => read(button));
    });
  }

  // The banner's time is the server's: when the page was made, plus how long ago the stream was last heard of.
  const loaded = Date.now();
  let heard = loaded;

  function connected(live) {
    if (live) heard = Date.now();
    document.querySelectorAll("[data-stale]").forEach((banner) => {
      const shown = banner.querySelector("[data-stale-at]");
      const at = new Date(Date.parse(shown.dateTime) + heard - loaded);
      shown.textContent = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
      banner.hidden = live;
    });
  }

  document.addEventListener("htmx:sse:after:connection", () => connected(true));
  document.addEventListener("htmx:sse:after:message", () => connected(true));
  document.addEventListener("htmx:sse:error", () => connected(false));
  document.addEventListener("htmx:sse:close", (event) => {
    if (event.detail.reason === "ended") connected(false);
  });
  document.addEventListener("reset", (event) => {
    if (event.target.matches("[hx-sse\\:connect]")) location.reload();
  });

  function offerPrinting() {
    document.querySelectorAll("[data-print]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    });
  }

  // A note of a figure opens when its mark is followed.
  function openNote() {
    const note = document.getElementById(location.hash.slice(1));
    if (note instanceof HTMLDetailsElement) note.open = true;
  }

  window.addEventListener("hashchange", openNote);
  window.addEventListener("pagehide", () => speech?.cancel());
  offerReading();
  offerPrinting();
  openNote();
})();
