// A mail that keeps itself, knows the people in the address book, and shows what arrives on their phones.
import { calmly, csrf, post } from "./kit.js";

const form = document.getElementById("writing");
const kept = document.getElementById("kept");
const phones = document.getElementById("phones");
const text = form.elements.text;
document.body.classList.add("has-script");
let changed = false;
let leaving = false;

function data(...but) {
  const fields = new FormData(form);
  for (const name of but) fields.delete(name);
  return fields;
}

async function keep() {
  if (!changed || leaving) return;
  changed = false;
  try {
    const answer = await fetch("/write/save", { method: "POST", body: data("files", "do"), headers: { "X-Csrf": csrf } });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.trouble ?? answer.status);
    take(said);
  } catch (error) {
    changed = true;
    kept.textContent = form.dataset.failed.replace("{reason}", error instanceof TypeError ? form.dataset.offline : error.message);
  }
}

function take(said) {
  if (!form.elements.draft.value) {
    form.elements.draft.value = said.draft;
    history.replaceState(null, "", `/write/${said.draft}`);
  }
  document.getElementById("files").innerHTML = said.files;
  const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  kept.textContent = form.dataset.saved.replace("{time}", now);
}

const keepSoon = calmly(keep, 1500);
const previewSoon = calmly(async () => {
  try {
    const answer = await post("/write/preview", data("files", "do"));
    phones.innerHTML = (await answer.json()).phones;
  } catch {
    phones.textContent = "";
  }
}, 500);

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  changed = true;
  keepSoon();
  previewSoon();
});
form.addEventListener("submit", () => (leaving = true));
// What was typed a moment ago goes along when the page is left; what is too large for that is asked about.
function keepNow() {
  if (changed && !leaving && navigator.sendBeacon("/write/save", data("files", "do"))) changed = false;
}
addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keepNow());
addEventListener("beforeunload", (event) => {
  keepNow();
  if (changed && !leaving) event.preventDefault();
});

// files go up as they are chosen, and say how far they are
const chosen = document.getElementById("attach");
const progress = document.getElementById("progress");
chosen.addEventListener("change", () => {
  if (!chosen.files.length) return;
  const request = new XMLHttpRequest();
  request.open("POST", "/write/save");
  request.setRequestHeader("X-Csrf", csrf);
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => (progress.value = (100 * event.loaded) / event.total));
  request.addEventListener("loadend", () => {
    progress.hidden = true;
    if (request.status === 200) {
      chosen.value = "";
      take(request.response);
      previewSoon();
    } else {
      const why = request.response?.trouble ?? form.dataset.offline;
      kept.textContent = form.dataset.failed.replace("{reason}", why);
    }
  });
  progress.value = 0;
  progress.hidden = false;
  request.send(data("do"));
});

// another signature takes the place of the one there is
const signature = document.getElementById("signature");
let under = signature?.selectedOptions[0].dataset.text ?? "";
signature?.addEventListener("change", () => {
  const next = signature.selectedOptions[0].dataset.text ?? "";
  const mark = "\n\n-- \n";
  const before = under ? mark + under : "";
  const place = before ? text.value.indexOf(before) : -1;
  if (place >= 0) text.value = text.value.slice(0, place) + (next ? mark + next : "") + text.value.slice(place + before.length);
  else if (next) text.value += mark + next;
  under = next;
  changed = true;
  keepSoon();
});

// recipients: the piece that is being typed is looked for in the address book
for (const line of form.querySelectorAll("[data-people]")) complete(line);

function complete(line) {
  const list = document.createElement("ul");
  list.className = "found";
  list.id = `${line.id}-found`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", document.querySelector(`label[for=${line.id}]`).textContent);
  line.parentNode.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-controls", list.id], ["aria-autocomplete", "list"], ["aria-expanded", "false"]]) line.setAttribute(name, value);
  let people = [];
  let at = -1;

  const start = () => Math.max(...[",", ";", "，", "；", "、"].map((mark) => line.value.lastIndexOf(mark, line.selectionStart - 1))) + 1;
  const typed = () => line.value.slice(start(), line.selectionStart).trim();
  const show = (open) => {
    list.hidden = !open;
    line.setAttribute("aria-expanded", String(open));
    if (!open) line.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    at = next;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at >= 0) line.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const choose = (person) => {
    const shown = /^[\p{L}\p{N} .'-]*$/u.test(person.name) ? person.name : `"${person.name.replace(/["\\]/g, "")}"`;
    const before = line.value.slice(0, start());
    line.value = `${before}${before && !before.endsWith(" ") ? " " : ""}${shown} <${person.address}>, ${line.value.slice(line.selectionStart).trimStart()}`;
    show(false);
    line.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const look = calmly(async () => {
    const asked = typed();
    if (!asked || asked.includes("<")) return show(false);
    try {
      const answer = await fetch(`/write/people?q=${encodeURIComponent(asked)}`);
      people = (await answer.json()).people;
    } catch {
      people = [];
    }
    if (asked !== typed()) return;
    list.replaceChildren(
      ...people.map((person, place) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${place}`;
        item.setAttribute("role", "option");
        item.textContent = `${person.name}  ${person.address}${person.phone ? `  · ${person.phone.toUpperCase()}` : ""}`;
        item.addEventListener("pointerdown", (event) => (event.preventDefault(), choose(person)));
        return item;
      }),
    );
    show(people.length > 0);
    if (people.length) mark(0);
  }, 150);

  line.addEventListener("input", (event) => event.isTrusted && look());
  line.addEventListener("blur", () => show(false));
  line.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") mark((at + (event.key === "ArrowDown" ? 1 : people.length - 1)) % people.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(people[at]);
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
  });
}
