"use strict";
const cases = [...document.querySelectorAll(".case")];
const groups = [...document.querySelectorAll(".group")];
const results = [...document.querySelectorAll(".filter [data-result]")];
const tag = document.getElementById("tag");
const text = document.getElementById("text");
const toggle = document.getElementById("toggle");
const fold = document.getElementById("fold");
const order = document.getElementById("order");
const slowest = document.getElementById("slowest");
const shown = document.getElementById("shown");
const endings = ["passed", "failed", "error", "skipped", "interrupted"];
const homes = new Map(cases.map((item) => [item, item.parentElement]));
let result = "";

// What a case shows when it is open, but for the bad ones, is packed: inflated when the first of its pack is opened.
const packs = new Map();

function unpack(number) {
  if (!packs.has(number)) {
    const octets = Uint8Array.from(atob(document.getElementById(`pack-${number}`).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate"));
    packs.set(number, new Response(stream).json());
  }
  return packs.get(number);
}

async function unfold(item) {
  const { pack, part } = item.dataset;
  if (pack === undefined) return;
  delete item.dataset.pack;
  const body = document.createElement("div");
  item.append(body);
  try {
    body.outerHTML = (await unpack(pack))[part];
  } catch (error) {
    body.className = "body";
    body.textContent = `This browser cannot show what is folded up here (${error.message}).`;
  }
}

const words = new Map();

function wordsOf(item) {
  if (!words.has(item)) {
    const { tags, refs } = item.dataset;
    words.set(item, `${item.firstElementChild.textContent} ${tags} ${refs}`.toLowerCase());
  }
  return words.get(item);
}

function filter() {
  const asked = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = tag ? tag.value : "";
  let count = 0;
  for (const item of cases) {
    item.hidden = (result && !item.classList.contains(result))
      || (wanted && !item.dataset.tags.split(" ").includes(wanted))
      || !asked.every((word) => wordsOf(item).includes(word));
    count += item.hidden ? 0 : 1;
  }
  const flat = !slowest.hidden;
  for (const group of groups) group.hidden = flat || !group.querySelector(".case:not([hidden])");
  document.getElementById("nothing").hidden = count > 0;
  shown.textContent = count === cases.length ? "" : `${count} of ${cases.length} shown`;
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

document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".case")) unfold(event.target);
}, true);

toggle.addEventListener("click", () => {
  const open = toggle.textContent === "open all";
  for (const item of cases) if (!item.hidden) item.open = open;
  toggle.textContent = open ? "close all" : "open all";
});

fold.addEventListener("click", () => {
  const folded = fold.getAttribute("aria-pressed") === "false";
  fold.setAttribute("aria-pressed", String(folded));
  for (const group of groups) group.open = !folded;
});

const seconds = (item) => parseFloat(item.querySelector("time").textContent);

order.addEventListener("click", () => {
  const flat = order.getAttribute("aria-pressed") === "false";
  order.setAttribute("aria-pressed", String(flat));
  if (flat) slowest.append(...[...cases].sort((a, b) => seconds(b) - seconds(a)));
  else for (const [item, home] of homes) home.append(item);
  slowest.hidden = !flat;
  fold.disabled = flat;
  filter();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "copied"; });
});

// report.html#NAME shows the case of that name.
function named() {
  const name = decodeURIComponent(location.hash.slice(1));
  const item = name && cases.find((one) => one.querySelector(".name code").textContent === name);
  if (!item) return false;
  item.hidden = false;
  item.closest(".group, #slowest").open = true;
  item.open = true;
  unfold(item);
  item.scrollIntoView();
  return true;
}
window.addEventListener("hashchange", named);

// Failures are what the reader came for: in a long report only they are shown at first, a few of them open.
const bad = cases.filter((item) => item.matches(".failed, .error"));
if (!named()) {
  if (bad.length <= 3) for (const item of bad) item.open = true;
  if (bad.length && cases.length > 20) {
    const first = endings.find((word) => bad[0].classList.contains(word));
    results.find((button) => button.dataset.result === first).click();
  }
}
