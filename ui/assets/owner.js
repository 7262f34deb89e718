// The owner's page begins.
(() => {
  "use strict";
  const own = window.owner;
  own.find("theme").append(own.icon("moon"));
  own.find("theme").addEventListener("click", own.turnLight);
  own.find("choose-close").append(own.icon("cross"));
  own.startIndex().then(own.startReaders);
})();
