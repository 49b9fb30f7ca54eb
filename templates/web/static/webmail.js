// What makes lists of mail quicker: folders stay open where there is room, one box ticks all, acts wait for a tick.
const folders = document.querySelector("details.folders");
const wide = matchMedia("(min-width: 56rem)");
const openFolders = () => folders && (folders.open = wide.matches);
wide.addEventListener("change", openFolders);
openFolders();

for (const form of document.querySelectorAll("form[data-list]")) {
  const boxes = [...form.querySelectorAll("input[name=mail]")];
  const acts = form.querySelector(".acts");
  const all = document.createElement("input");
  all.type = "checkbox";
  const label = document.createElement("label");
  label.className = "all";
  label.append(all, form.dataset.list);
  acts.prepend(label);
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length && ticked > 0;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    acts.classList.toggle("idle", ticked === 0);
    for (const button of acts.querySelectorAll("button")) button.disabled = ticked === 0;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
}
