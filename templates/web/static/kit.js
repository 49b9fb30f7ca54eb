// What scripts of pages share. It is loaded once: whoever wants it imports it from here.

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
