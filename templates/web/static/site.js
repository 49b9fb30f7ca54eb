// What all pages share: forms that are sent once, and forms that may be sent without leaving the page.
// A page works without any of this.

/** The token that forms of this session carry. */
export const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

/** Send a form (or an object) and give back the answer; throws an Error whose message people can read. */
export async function post(url, body) {
  const data = body instanceof FormData ? body : new URLSearchParams(body);
  const answer = await fetch(url, {
    method: "POST",
    body: data,
    headers: { "X-Csrf": csrf, Accept: "application/json, text/html" },
    credentials: "same-origin",
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

/** Call `work` once nothing was said to it for `wait` milliseconds. */
export function calmly(work, wait = 300) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), wait);
  };
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sure && !confirm(form.dataset.sure)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 3000);
});
