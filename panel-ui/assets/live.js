// Parts of a page that the server sends as they change. A container says where from (data-stream);
// its parts (data-part) take what arrives under their name. While a stream is open its parts do not
// poll; when it cannot be opened, or breaks and does not come back, htmx polls as it would have.
(function () {
  'use strict';

  // A stream that stays silent for longer is taken for dead: the server sends something every 15 s.
  const SILENCE_MS = 40000;

  document.addEventListener('DOMContentLoaded', function () {
    document.querySelectorAll('[data-stream]').forEach(follow);
  });

  // What polls asks first.
  document.addEventListener('htmx:beforeRequest', function (event) {
    const container = event.target.closest('[data-stream]');
    const isPolling = event.target.hasAttribute('data-part');
    if (isPolling && container !== null && container.dataset.isOpen === 'yes')
      event.preventDefault();
  });

  function follow(container) {
    if (!('EventSource' in window)) return;
    const source = new EventSource(container.dataset.stream);
    let silence;
    const heard = function () {
      container.dataset.isOpen = 'yes';
      clearTimeout(silence);
      silence = setTimeout(lost, SILENCE_MS);
    };
    const lost = function () {
      container.dataset.isOpen = 'no';
    };
    const close = function () {
      clearTimeout(silence);
      source.close();
    };
    source.onopen = heard;
    source.onerror = lost;
    source.addEventListener('beat', heard);
    source.addEventListener('part', function (event) {
      heard();
      const part = JSON.parse(event.data);
      const place = container.querySelector('[data-part="' + part.name + '"]');
      if (place !== null) htmx.swap(place, part.html, { swapStyle: 'innerHTML' });
    });
    // Over: nothing changes any more, so nothing polls either.
    source.addEventListener('end', function () {
      heard();
      close();
      container.dataset.isOpen = 'yes';
    });
    window.addEventListener('pagehide', close);
  }
})();
