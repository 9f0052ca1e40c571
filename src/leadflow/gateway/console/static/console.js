"use strict";
// Times in the reader's own zone; the exact one, in UTC, stays in the title. Where how far away it
// is was written, the reader's own time is in the title.
function localTimes(root) {
  // What they type is meant there too.
  for (const zone of root.querySelectorAll("input.their-zone")) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const words of root.querySelectorAll(".in-utc")) words.hidden = true;
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const local = moment.toLocaleString(undefined, {dateStyle: "medium", timeStyle: "short"});
    if (time.classList.contains("far")) time.title = local;
    else time.textContent = local;
  }
}
document.addEventListener("DOMContentLoaded", () => localTimes(document));
document.addEventListener("htmx:afterSettle", (event) => {
  localTimes(event.target);
  // To where the act was, after the page has been scrolled to its top.
  setTimeout(() => event.target.querySelector("#told")?.focus());
});
// A file that is too large is not sent for nothing; one that is sent takes its time, and is sent once.
document.addEventListener("change", (event) => {
  const most = Number(event.target.dataset?.most), file = event.target.files?.[0];
  if (!most) return;
  const large = file && file.size > most * 2 ** 20;
  event.target.setCustomValidity(large ? `At most ${most} MB are taken. Pack it with gzip, or send it in parts.` : "");
  event.target.reportValidity();
});
document.addEventListener("submit", (event) => {
  const button = event.target.matches("[data-sending]") && event.target.querySelector("button");
  if (button) setTimeout(() => { button.disabled = true; button.dataset.was = button.textContent; button.textContent = "It is sent …"; });
  // Keys are those of the page that is found, and not typed into the field.
  if (event.target.matches("[role=search]")) document.activeElement?.blur();
});
// A browser cuts what is pasted at the length that is taken, and says nothing. It is left whole, and
// the form says by how much it is too long.
document.addEventListener("focusin", ({target}) => {
  if (!(target.maxLength > 0)) return;
  target.dataset.longest = target.maxLength;
  target.removeAttribute("maxlength");
});
document.addEventListener("input", ({target}) => {
  const longest = Number(target.dataset?.longest), has = target.value?.length;
  if (longest) target.setCustomValidity(has > longest ? `This has ${has} characters, and at most ${longest} are taken. Shorten it.` : "");
});
// Nobody answers: the page says so, and what was typed stays.
for (const failed of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failed, ({detail}) => {
  const said = document.getElementById("away") || document.createElement("p");
  const asks = detail.requestConfig?.verb === "get" || detail.elt?.closest("[role=search]");
  said.id = "away";
  said.className = "note bad";
  said.setAttribute("role", "alert");
  said.textContent = "Leadflow does not answer. " + (asks ? "Try again in a moment."
    : "What you sent may have been done or not: load this page again before you repeat it. What you typed is still here.");
  document.getElementById("main").prepend(said);
  const button = document.querySelector("button[data-was]");
  if (button) { button.disabled = false; button.textContent = button.dataset.was; }
});
// A form that was sent after the sign-in has ended: what was typed stays.
document.addEventListener("htmx:beforeSwap", ({detail}) => {
  if (location.pathname.endsWith("/sign-in") || !/\/console\/sign-in/.test(detail.xhr.responseURL)) return;
  detail.shouldSwap = false;
  // To sign in is a page of its own, never a part of one. What a page asks for by itself leads nobody
  // away from what they type.
  if (detail.requestConfig?.verb === "get" && detail.requestConfig.elt?.matches("a")) return location.assign(detail.xhr.responseURL);
  detail.isError = false;
  const said = document.getElementById("away") || document.createElement("p"), again = document.createElement("a");
  said.id = "away";
  said.className = "note bad";
  said.setAttribute("role", "alert");
  again.href = "/console/sign-in";
  again.target = "_blank";
  again.textContent = "Sign in in another tab";
  said.replaceChildren("You are no longer signed in, and nothing was stored. What you typed is still here: copy it. ", again, ", then load this page again.");
  document.getElementById("main").prepend(said);
});
document.addEventListener("htmx:afterOnLoad", ({detail}) => { if (!/sign-in/.test(detail.xhr?.responseURL)) document.getElementById("away")?.remove(); });
// One keystroke for what is done often: what says its key (data-key) is clicked, or opened and its
// first field has the focus. "?" lists the keys of the page.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  if (event.key === "?") return showKeys();
  const meant = document.querySelector(`main [data-key="${CSS.escape(event.key)}"]`);
  if (!meant) return;
  event.preventDefault();
  const folded = meant.closest("details");
  if (folded) folded.open = true;
  if (meant.matches("button")) meant.click();
  else (meant.matches("summary") ? folded.querySelector("input:not([type=hidden]), select") : meant).focus();
});
function showKeys() {
  const dialog = document.createElement("dialog"), list = document.createElement("dl");
  list.className = "facts";
  for (const one of [...document.querySelectorAll("main [data-key]")]) {
    const key = document.createElement("dt"), does = document.createElement("dd");
    key.textContent = one.dataset.key;
    does.textContent = one.dataset.does;
    list.append(key, does);
  }
  if (!list.children.length) return;
  const close = document.createElement("button");
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.setAttribute("aria-label", "What each key does");
  dialog.append(list, close);
  document.body.append(dialog);
  dialog.showModal();
}
// The key / leads to the field that finds leads; from there down and up among what it has found.
document.addEventListener("keydown", (event) => {
  const field = document.getElementById("find");
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (!field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    field.select();
  }
  const links = [field, ...document.querySelectorAll("#quick a")];
  const at = links.indexOf(document.activeElement);
  if (at < 0) return;
  const to = {ArrowDown: links[at + 1], ArrowUp: links[at - 1], Escape: field}[event.key];
  if (to) {
    event.preventDefault();
    to.focus();
  }
  if (event.key === "Escape") document.getElementById("quick").replaceChildren();
});
// A card of the board that is dropped on another column is chosen and moved, as by the form.
document.addEventListener("dragstart", (event) => {
  const chosen = event.target.closest?.("#board .card")?.querySelector("input");
  if (chosen) chosen.checked = true;
});
document.addEventListener("dragover", (event) => {
  if (event.target.closest("#board [data-stage]")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const column = event.target.closest("#board [data-stage]");
  if (!column) return;
  event.preventDefault();
  document.getElementById("to").value = column.dataset.stage;
  document.getElementById("board").requestSubmit();
});
// A group of pages at the top closes where one goes on to something else.
document.addEventListener("focusin", (event) => closePages(event.target));
document.addEventListener("click", (event) => closePages(event.target));
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest(".pages[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
function closePages(at) {
  for (const open of document.querySelectorAll(".pages[open]")) if (!open.contains(at)) open.open = false;
}
// Parts of a page that wait for something. One connection a page, which ends with the sign-in. What
// has data-live is fetched anew when that changes; what has data-live-shows is shown then.
let live, followed = "";
function follow() {
  const waits = [...document.querySelectorAll("[data-live], [data-live-shows]")];
  const topics = [...new Set(waits.map((part) => part.dataset.live || part.dataset.liveShows))].sort();
  if (topics.join(" ") === followed) return;
  followed = topics.join(" ");
  live?.close();
  if (!topics.length) return;
  live = new EventSource("/console/live?" + new URLSearchParams(topics.map((one) => ["topic", one])));
  const fetchAnew = (part) => htmx.ajax("GET", location.pathname + location.search,
    {target: "#" + part.id, select: "#" + part.id, swap: "outerHTML"});
  // What changed while nobody listened.
  live.onopen = () => document.querySelectorAll("[data-live]").forEach(fetchAnew);
  live.addEventListener("changed", (event) => {
    for (const part of document.querySelectorAll("[data-live], [data-live-shows]")) {
      if (part.dataset.live === event.data) fetchAnew(part);
      if (part.dataset.liveShows === event.data) part.hidden = false;
    }
  });
}
document.addEventListener("DOMContentLoaded", follow);
document.addEventListener("htmx:afterSettle", follow);
addEventListener("pagehide", () => { live?.close(); followed = ""; });
addEventListener("pageshow", follow);
