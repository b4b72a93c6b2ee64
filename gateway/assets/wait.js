// Keeps the page of a bill up to date. Without it, or where it fails, the button on the page does the same.
(function () {
  "use strict";
  var place = document.getElementById("live");
  if (!place || !window.EventSource) { return; }
  var askSoonest = 1000, askLatest = 60000, patience = 5000;
  var source = null, askAfter = askSoonest;
  var lost = document.getElementById("lost"), untilLost = null;

  // A moment without a connection is nothing to speak of. After that it is said, and what the page says besides stays.
  function sayLost() {
    if (untilLost === null) { untilLost = setTimeout(function () { lost.hidden = false; }, patience); }
  }

  function sayFound() {
    clearTimeout(untilLost);
    untilLost = null;
    lost.hidden = true;
  }

  function lookAt(address) {
    if (source) { source.close(); }
    window.location.replace(address);
  }

  function hear(event) {
    // What the page itself says is no news.
    if (event.lastEventId === place.dataset.version) { return; }
    var now = JSON.parse(event.data);
    place.dataset.version = event.lastEventId;
    if (now.waits && place.dataset.waits === "true") {
      place.textContent = now.text;
      return;
    }
    lookAt(now.next);
  }

  // A browser opens a stream again that broke off, and lets one be that was refused. That can be a proxy while the gateway
  // starts again, or a gateway with too many streams: ask again, later each time. Or nothing more is expected of the bill,
  // which is answered 204 and final: then its page says what has become of it, and listens no more.
  function askLater() {
    setTimeout(function () {
      fetch(place.dataset.stream, { method: "HEAD", cache: "no-store" }).then(function (answer) {
        if (answer.status === 204) {
          lookAt(place.dataset.page);
        } else if (answer.ok) {
          listen();
        } else {
          askLater();
        }
      }, askLater);
    }, askAfter * (0.5 + Math.random() / 2));
    askAfter = Math.min(2 * askAfter, askLatest);
  }

  function listen() {
    source = new EventSource(place.dataset.stream);
    source.addEventListener("bill", hear);
    source.addEventListener("open", function () { askAfter = askSoonest; sayFound(); });
    source.addEventListener("error", function () {
      sayLost();
      if (source.readyState === EventSource.CLOSED) { askLater(); }
    });
  }

  window.addEventListener("pagehide", function () { if (source) { source.close(); } });
  // Whoever comes back by the back button sees what the page was; ask anew.
  window.addEventListener("pageshow", function (event) { if (event.persisted) { window.location.reload(); } });
  listen();
})();
