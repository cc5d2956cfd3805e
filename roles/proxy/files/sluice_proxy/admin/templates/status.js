"use strict";
// Takes what changed from a fresh page, in place of loading that: nobody loses where they were.
const every = Number(document.documentElement.dataset.refresh);
const silent = document.getElementById("silent");

async function refresh(patience = 15000) {
  if (document.hidden) return;
  try {
    // Through a tunnel that is stuck, none would ever come.
    const signal = AbortSignal.timeout(patience);
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = fresh.title;
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (other) part.replaceChildren(...other.childNodes);
    }
    silent.hidden = true;
  } catch (error) {
    silent.hidden = false;
  }
}

async function again() {
  await refresh();
  setTimeout(again, every * 1000);
}

if (every > 0) setTimeout(again, every * 1000);
