"use strict";
const EVERY_MS = 5000;

async function renew() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("state");
        if (fresh) document.getElementById("state").replaceWith(fresh);
      }
      document.body.classList.remove("old");
    } catch {
      document.body.classList.add("old"); // the hub does not answer: what is shown is old
    }
  }
  setTimeout(renew, EVERY_MS);
}

setTimeout(renew, EVERY_MS);
