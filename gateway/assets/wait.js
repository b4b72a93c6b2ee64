// Keeps the page of a bill up to date. Without it, or where it fails, the button on the page does the same.
(function () {
  "use strict";
  var place = document.getElementById("live");
  if (!place || !window.EventSource) { return; }
  var source = null;

  function hear(event) {
    // What the page itself says is no news.
    if (event.lastEventId === place.dataset.version) { return; }
    var now = JSON.parse(event.data);
    place.dataset.version = event.lastEventId;
    if (now.waits && place.dataset.waits === "true") {
      place.textContent = now.text;
      return;
    }
    source.close();
    window.location.replace(now.next);
  }

  function listen() {
    source = new EventSource(place.dataset.stream);
    source.addEventListener("bill", hear);
  }

  window.addEventListener("pagehide", function () { if (source) { source.close(); } });
  // Whoever comes back by the back button sees what the page was; ask anew.
  window.addEventListener("pageshow", function (event) { if (event.persisted) { window.location.reload(); } });
  listen();
})();
