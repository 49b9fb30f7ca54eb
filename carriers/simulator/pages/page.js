// Fetches the phones anew when something happened. Without this script a reload shows the same.
(() => {
  "use strict";
  const live = document.getElementById("live");
  let due = 0;

  const scrollDown = () => {
    for (const talk of live.querySelectorAll(".talk")) talk.scrollTop = talk.scrollHeight;
  };

  const show = async () => {
    due = 0;
    const typing = document.activeElement;
    const kept = new Map();
    for (const field of live.querySelectorAll('input[name="text"]')) {
      if (field.value) kept.set(field.getAttribute("aria-label"), field.value);
    }
    const focused = live.contains(typing) ? typing.getAttribute("aria-label") : null;
    const answer = await fetch("/phones");
    if (!answer.ok) return;
    live.innerHTML = await answer.text();
    for (const field of live.querySelectorAll('input[name="text"]')) {
      const label = field.getAttribute("aria-label");
      if (kept.has(label)) field.value = kept.get(label);
      if (label === focused) field.focus();
    }
    scrollDown();
  };

  const soon = () => { due = due || setTimeout(show, 250); };

  live.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const number = form.elements.number.value;
    const field = form.elements.text;
    const text = field.value;
    field.value = "";
    const answer = await fetch(`/api/handsets/${encodeURIComponent(number)}/say`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }),
    });
    if (!answer.ok) {
      field.value = text;
      field.setCustomValidity((await answer.json()).error);
      field.reportValidity();
      field.setCustomValidity("");
    }
    soon();
  });

  const source = new EventSource("/events");
  source.addEventListener("counters", (event) => {
    const values = JSON.parse(event.data);
    for (const place of live.querySelectorAll("[data-counter]")) {
      place.textContent = values[place.dataset.counter];
    }
  });
  for (const name of ["segment", "received", "reported", "said", "taken"]) source.addEventListener(name, soon);
  scrollDown();
})();
