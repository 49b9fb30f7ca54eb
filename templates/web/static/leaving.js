// Counts down to the moment a mail leaves, and then goes back to the mailbox.
const form = document.getElementById("leaving");
const shown = document.getElementById("seconds");
let left = Number(form.dataset.seconds);

if (left) {
  const timer = setInterval(() => {
    left -= 1;
    shown.textContent = String(Math.max(left, 0));
    if (left < 0) {
      clearInterval(timer);
      location.replace("/mail");
    }
  }, 1000);
}
