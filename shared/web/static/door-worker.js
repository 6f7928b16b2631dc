// Keeps the door pages and what they are made of, and nothing else of the site: with network the fresh answer, without it the kept one.
"use strict";

const KEPT = "jiamenkou-door-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function isKept(request) {
  const { origin, pathname } = new URL(request.url);
  const ours = pathname.startsWith("/registration/desk/door/") || pathname.startsWith("/static/");
  return request.method === "GET" && origin === self.location.origin && ours;
}

async function fetched(request) {
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected) {
    const kept = await caches.open(KEPT);
    await kept.put(request, answer.clone());
  }
  return answer;
}

async function answered(request) {
  try {
    return await fetched(request);
  } catch (error) {
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  if (isKept(event.request)) event.respondWith(answered(event.request));
});

// What the page was made of when it was first opened came before this worker did: the page is asked for once more.
self.addEventListener("message", (event) => {
  event.waitUntil(Promise.all(event.data.map((address) => fetched(new Request(address)).catch(() => undefined))));
});
