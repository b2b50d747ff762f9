"use strict";
const cases = [...document.querySelectorAll(".case")];
const groups = [...document.querySelectorAll(".group")];
const results = [...document.querySelectorAll(".filter [data-result]")];
const tag = document.getElementById("tag");
const text = document.getElementById("text");
const toggle = document.getElementById("toggle");
let result = "";

function filter() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = tag ? tag.value : "";
  let shown = 0;
  for (const item of cases) {
    const data = item.dataset;
    item.hidden = (result && data.result !== result)
      || (wanted && !data.tags.split(" ").includes(wanted))
      || !words.every((word) => data.text.includes(word));
    shown += item.hidden ? 0 : 1;
  }
  for (const group of groups) group.hidden = !group.querySelector(".case:not([hidden])");
  document.getElementById("nothing").hidden = shown > 0;
  document.getElementById("shown").textContent = shown === cases.length ? "" : `${shown} of ${cases.length} shown`;
}

for (const button of results) {
  button.addEventListener("click", () => {
    result = button.dataset.result;
    for (const other of results) other.setAttribute("aria-pressed", String(other === button));
    filter();
  });
}
text.addEventListener("input", filter);
if (tag) tag.addEventListener("change", filter);

toggle.addEventListener("click", () => {
  const open = toggle.textContent === "open all";
  for (const item of cases) if (!item.hidden) item.open = open;
  toggle.textContent = open ? "close all" : "open all";
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "copied"; });
});

// Failures are what the reader came for: in a long report only they are shown at first, a few of them open.
const bad = cases.filter((item) => ["failed", "error"].includes(item.dataset.result));
if (bad.length <= 3) for (const item of bad) item.open = true;
if (bad.length && cases.length > 20) results.find((button) => button.dataset.result === bad[0].dataset.result).click();
