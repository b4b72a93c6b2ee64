// Keeps the figures of a live page fresh. The page is whole without it.
"use strict";
(function () {
  var figures = document.getElementById("figures");
  var stale = document.getElementById("stale");
  var pause = document.getElementById("pause");
  var headline = document.getElementById("headline");
  if (!figures || !window.EventSource) return;
  var staleAfter = 8000, openAgainAfter = 3000, sayEvery = 60000;
  var heard = Date.now(), said = Date.now(), paused = false, newest = null;

  function show() {
    // Whoever is among the figures with the keyboard is not thrown out.
    if (newest === null || figures.contains(document.activeElement)) return;
    figures.innerHTML = newest;
    newest = null;
    if (Date.now() - said >= sayEvery) {
      said = Date.now();
      headline.textContent = figures.querySelector(".sum").textContent;
    }
  }

  function listen() {
    var stream = new EventSource(figures.dataset.stream);
    stream.addEventListener("figures", function (event) {
      heard = Date.now();
      stale.hidden = true;
      newest = event.data;
      if (!paused) show();
    });
    // After any answer but a stream a browser lets it be for good.
    stream.addEventListener("error", function () {
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, openAgainAfter);
    });
  }
  listen();
  setInterval(function () {
    if (Date.now() - heard >= staleAfter) stale.hidden = false;
  }, 1000);

  var words = [pause.textContent, pause.dataset.resume];
  pause.hidden = false;
  document.getElementById("refresh").hidden = true;
  pause.addEventListener("click", function () {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = words[Number(paused)];
    if (!paused) show();
  });
})();
