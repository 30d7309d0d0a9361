/* Follows a job: server-sent events, and every two seconds a question where they do not come. */
"use strict";

document.querySelectorAll("[data-job]").forEach(function (box) {
  const POLL_MS = 2000;
  const bar = box.querySelector("progress");
  const phase = box.querySelector("[data-phase]");
  const words = JSON.parse(box.dataset.phases);
  let over = false;

  function show(job) {
    bar.value = job.done_share;
    phase.textContent = words[job.phase] || job.phase;
    if (over || !["done", "failed"].includes(job.state)) return;
    over = true;
    if (job.state === "done" && box.dataset.then) location.assign(box.dataset.then);
    else location.reload();
  }

  async function poll() {
    while (!over) {
      try {
        const answer = await fetch(box.dataset.job, { headers: { accept: "application/json" } });
        if (answer.ok) show(await answer.json());
        else if (answer.status < 500) return location.reload();
      } catch {
        /* the connection is away; the next question may be answered */
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  let polling = false;
  const source = new EventSource(`${box.dataset.job}/events`);
  ["progress", "done"].forEach((name) => source.addEventListener(name, function (event) {
    show(JSON.parse(event.data));
    if (over) source.close();
  }));
  source.addEventListener("error", function () {
    if (polling || over || source.readyState !== EventSource.CLOSED) return;
    polling = true;
    poll();
  });
});
