// Keeps the page that checks codes and its script, so that they open without a network.
const KEPT = 'gate-1';
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== 'GET' || (path !== '/farm/gate' && path.indexOf('/static/') !== 0)) return;
  event.respondWith(
    fetch(event.request).catch(() =>
      caches.match(path).then((found) => found || Response.error())),
  );
});
