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
