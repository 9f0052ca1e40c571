"use strict";
// Times in the reader's own zone; the exact one, in UTC, stays in the title. Where how far away it
// is was written, the reader's own time is in the title.
function localTimes(root) {
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
  setTimeout(() => document.getElementById("told")?.focus());
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
  if (button) setTimeout(() => { button.disabled = true; button.textContent = "It is sent …"; });
});
